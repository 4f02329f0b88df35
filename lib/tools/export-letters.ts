import { isUtf8 } from 'node:buffer'
import type { DeadLetter } from '../plan/compute.ts'
import { MillraceError } from '../values/errors.ts'
import { jsonSafe } from './json-safe.ts'
import type { NamedLetter } from './read-letters.ts'

const NEWLINE = 0x0a
const RETURN = 0x0d
/** How a byte order mark begins. */
const MARK = 0xef

/** What was exported: records of this stream, or rows behind a shuffle. */
export interface Exported {
  readonly stream: string | undefined
  readonly lines: number
  /** Ids of letters that no line can hold. */
  readonly left: readonly string[]
}

/**
 * Hands the lines of dead letters to `write`: a record as it came, once, whoever failed on it; a row behind a shuffle as JSON. `letters` is read twice: what cannot be one file is
 * refused before anything is written.
 */
export async function exportLetters(letters: () => AsyncIterable<NamedLetter>, write: (line: Uint8Array) => Promise<unknown> | undefined): Promise<Exported> {
  const kinds = new Set<string>()
  for await (const { letter } of letters()) kinds.add(kindOf(letter))
  const [kind] = kinds
  if (kind === undefined) throw new MillraceError('USAGE', 'there are no such dead letters: nothing to export')
  if (kinds.size > 1)
    throw new MillraceError(
      'USAGE',
      `these dead letters are of several kinds, and a file holds one: ${[...kinds].sort().join('; ')}. Name an operator, --operator UID: millrace dead without --export lists them`,
    )
  const seen = new Set<string>()
  const left: string[] = []
  let lines = 0
  let stream: string | undefined
  for await (const { id, letter } of letters()) {
    const { record } = letter
    if (record !== undefined) {
      stream = record.stream
      const name = `${record.shard}/${record.sequenceNumber}/${record.index}`
      if (seen.has(name)) continue
      seen.add(name)
    }
    const line = lineOf(letter)
    if (line === undefined) left.push(id)
    else {
      lines++
      await write(line)
    }
  }
  return { stream, lines, left }
}

function kindOf({ record, row }: DeadLetter): string {
  if (record !== undefined) return `records of stream '${record.stream}'`
  return row === undefined ? 'rows that nobody has decoded' : 'rows behind a shuffle'
}

/** Returns the line that is read as this record, or shows this row; undefined: there is none. */
function lineOf({ record, row }: DeadLetter): Uint8Array | undefined {
  if (record === undefined) return row === undefined ? undefined : Buffer.from(`${JSON.stringify(row, jsonSafe)}\n`)
  const data = Buffer.from(record.data)
  const isLine = isUtf8(data) && !data.includes(NEWLINE) && data.at(-1) !== RETURN && data[0] !== MARK
  return isLine ? Buffer.concat([data, Buffer.of(NEWLINE)]) : undefined
}
