import { isUtf8 } from 'node:buffer'
import type { DeadLetter } from '../plan/compute.ts'
import { readDeadLetters } from '../runtime/logs/dead-letters.ts'
import type { DeadLetterRef } from '../runtime/entries/entry.ts'
import type { Objects } from '../runtime/ports/objects.ts'

/** Name of the file, in the folder of the state, that shows the dead letters of a run. */
export const DEAD_LETTER_FILE = 'dead-letters.jsonl'

/** Writes all dead letters as JSON lines: which record or row, where, and the error. */
export async function writeDeadLetters(objects: Objects, refs: readonly DeadLetterRef[]): Promise<void> {
  // Bytes, not one text: a million letters are longer than a text can be.
  const lines: Buffer[] = []
  for (const ref of refs) for (const letter of await readDeadLetters(objects, ref)) lines.push(Buffer.from(`${lineOf(letter)}\n`))
  await objects.put(DEAD_LETTER_FILE, Buffer.concat(lines))
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
