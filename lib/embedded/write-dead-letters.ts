import { isUtf8 } from 'node:buffer'
import { placeOf } from '../values/place-of.ts'
import type { DeadLetter } from '../plan/compute.ts'
import { readDeadLetters } from '../runtime/logs/dead-letters.ts'
import type { DeadLetterRef } from '../runtime/entries/entry.ts'
import type { Objects } from '../runtime/ports/objects.ts'

/** Name of the file, in the folder of the state, that shows the dead letters of a run. */
export const DEAD_LETTER_FILE = 'dead-letters.jsonl'

/** What dead letters tell of a run. */
export interface DeadLetterSummary {
  readonly firstErrors: readonly { readonly operator: string; readonly error: string; readonly count: number }[]
  /** How many records (not rows behind a shuffle) have one. */
  readonly records: number
}

/** Writes all dead letters as JSON lines: which record or row, where, and the error. */
export async function writeDeadLetters(objects: Objects, refs: readonly DeadLetterRef[]): Promise<DeadLetterSummary> {
  if (refs.length === 0) return { firstErrors: [], records: 0 }
  const first = new Map<string, { operator: string; error: string; count: number }>()
  const records = new Set<string>()
  // Bytes, not one text: a million letters are longer than a text can be.
  const lines: Buffer[] = []
  for (const ref of refs)
    for (const letter of await readDeadLetters(objects, ref)) {
      lines.push(Buffer.from(`${lineOf(letter)}\n`))
      const { operator, error, record } = letter
      const seen = first.get(operator) ?? { operator, error: `${error.name}: ${error.message}${at(placeOf(error.stack))}`, count: 0 }
      seen.count++
      first.set(operator, seen)
      if (record !== undefined) records.add(`${record.stream}/${record.shard}/${record.sequenceNumber}`)
    }
  await objects.put(DEAD_LETTER_FILE, Buffer.concat(lines))
  return { firstErrors: [...first.values()], records: records.size }
}

function at(place: string | undefined): string {
  return place === undefined ? '' : ` (${place})`
}

function lineOf({ operator, time, error, record, row }: DeadLetter): string {
  const at = { operator, time }
  if (record !== undefined) {
    const { stream, shard, sequenceNumber, data } = record
    const bytes = Buffer.from(data)
    const shown = isUtf8(bytes) ? { record: bytes.toString('utf8') } : { recordBase64: bytes.toString('base64') }
    return JSON.stringify({ stream, shard, line: Number(sequenceNumber), ...shown, ...at, error }, jsonSafe)
  }
  return JSON.stringify({ ...row, ...at, error }, jsonSafe)
}

/** Values that JSON has no word for are shown as text. */
function jsonSafe(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return String(value)
  return value
}
