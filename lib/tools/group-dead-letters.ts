import { isUtf8 } from 'node:buffer'
import { toJson } from '../values/to-json.ts'
import type { DeadLetter } from '../plan/compute.ts'
import { readDeadLetters } from '../runtime/logs/dead-letters.ts'
import type { Ports } from '../runtime/runtime.ts'
import { EntryReader } from './entry-reader.ts'
import { findDeadLetters } from './find-dead-letters.ts'

/** Letters that are read for one look, and of each group shown. */
const MAX_LETTERS = 2_000
const SHOWN = 5
/** Bytes of a record, and characters of a text, that are shown. */
const MAX_BYTES = 1_024
const MAX_TEXT = 4_000

export interface ShownLetter {
  readonly timeMs: number
  readonly message: string
  readonly stack: string
  /** Where the record stands in its stream; null: it is a row of a later stage. */
  readonly position: string | null
  /** The record, or the row, as text; null: it is no text. */
  readonly text: string | null
  readonly hex: string | null
  readonly bytes: number | null
}

export interface LetterGroup {
  readonly operator: string
  readonly error: string
  readonly count: number
  readonly firstMs: number
  readonly lastMs: number
  readonly letters: readonly ShownLetter[]
}

export interface DeadLetters {
  readonly count: number
  /** Letters that were not read. */
  readonly leftOut: number
  readonly groups: readonly LetterGroup[]
}

/** Returns a job's dead letters by operator and kind of error, the largest group first, the newest letters of each. */
export async function groupDeadLetters(ports: Pick<Ports, 'log' | 'objects'>, job: string): Promise<DeadLetters> {
  const refs = [...(await findDeadLetters(new EntryReader(ports.log), ports.objects, job))]
  const count = refs.reduce((sum, ref) => sum + ref.count, 0)
  const groups = new Map<string, { operator: string; error: string; all: DeadLetter[] }>()
  let read = 0
  for (const ref of refs.reverse()) {
    if (read >= MAX_LETTERS) break
    for (const letter of (await readDeadLetters(ports.objects, ref)).slice(0, MAX_LETTERS - read)) {
      read++
      const error = errorOf(letter)
      const key = JSON.stringify([letter.operator, error])
      const group = groups.get(key) ?? { operator: letter.operator, error, all: [] }
      group.all.push(letter)
      groups.set(key, group)
    }
  }
  const sorted = [...groups.values()].sort((a, b) => b.all.length - a.all.length)
  return {
    count,
    leftOut: count - read,
    groups: sorted.map(({ operator, error, all }) => {
      const times = all.map(({ time }) => time)
      return {
        operator,
        error,
        count: all.length,
        firstMs: times.reduce((a, b) => Math.min(a, b)),
        lastMs: times.reduce((a, b) => Math.max(a, b)),
        letters: all
          .toSorted((a, b) => b.time - a.time)
          .slice(0, SHOWN)
          .map(shown),
      }
    }),
  }
}

/** Errors that differ in numbers and names only are one kind. */
function errorOf({ error }: DeadLetter): string {
  const line = `${error.name}: ${error.message}`.split('\n')[0] ?? ''
  return line
    .replace(/'[^']{1,200}'|"[^"]{1,200}"/g, "'…'")
    .replace(/\d+/g, 'n')
    .slice(0, 200)
}

function shown({ time, error, record, row }: DeadLetter): ShownLetter {
  const base = { timeMs: time, message: cut(error.message), stack: cut(error.stack) }
  if (record === undefined) return { ...base, position: null, text: cut(toJson(row)), hex: null, bytes: null }
  const bytes = Buffer.from(record.data)
  const head = bytes.subarray(0, MAX_BYTES)
  return {
    ...base,
    position: `${record.stream}/${record.shard} ${record.sequenceNumber}${record.index === 0 ? '' : `[${record.index}]`}`,
    text: isUtf8(bytes) ? cut(bytes.toString('utf8')) : null,
    hex: (head.toString('hex').match(/.{1,32}/g) ?? []).map((line) => (line.match(/../g) ?? []).join(' ')).join('\n'),
    bytes: bytes.length,
  }
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
}
