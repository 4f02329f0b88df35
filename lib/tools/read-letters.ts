import { isUtf8 } from 'node:buffer'
import type { DeadLetter } from '../plan/compute.ts'
import { readDeadLetters } from '../runtime/logs/dead-letters.ts'
import type { Ports } from '../runtime/runtime.ts'
import { MillraceError } from '../values/errors.ts'
import { placeOf } from '../values/place-of.ts'
import { EntryReader } from './entry-reader.ts'
import { findDeadLetters } from './find-dead-letters.ts'

/** A dead letter and its name. */
export interface NamedLetter {
  /** `<log>#<entry>.<number>`: the same for as long as the letter is there. */
  readonly id: string
  readonly letter: DeadLetter
}

export interface LetterFilter {
  readonly operator?: string | undefined
  /** Epoch ms: of batches (or blocks) from then on. */
  readonly sinceMs?: number | undefined
}

/** Letters of one operator that say the same. */
export interface LetterGroup {
  readonly operator: string
  readonly error: string
  readonly count: number
  /** Epoch ms, of the newest. */
  readonly newestMs: number
  /** Of the newest. */
  readonly id: string
  /** Where the program threw it. */
  readonly place: string | null
}

type Stores = Pick<Ports, 'log' | 'objects'>

/** Yields the dead letters that a job's entries name: those of attempts that lost are none. Read an object at a time. */
export async function* readLetters({ log, objects }: Stores, job: string, { operator, sinceMs = 0 }: LetterFilter = {}): AsyncGenerator<NamedLetter> {
  for (const found of await findDeadLetters(new EntryReader(log), objects, job)) {
    const letters = await readDeadLetters(objects, found)
    for (const [i, letter] of letters.entries())
      if ((operator === undefined || letter.operator === operator) && letter.time >= sinceMs) yield { id: `${found.entry.log}#${found.entry.n}.${i}`, letter }
  }
}

/** Returns the letters by operator and error, the newest group first. */
export async function groupLetters(letters: AsyncIterable<NamedLetter>): Promise<readonly LetterGroup[]> {
  const groups = new Map<string, { operator: string; error: string; count: number; newestMs: number; id: string; place: string | null }>()
  for await (const { id, letter } of letters) {
    const { operator, time } = letter
    const error = `${letter.error.name}: ${letter.error.message}`
    const group = groups.get(`${operator}\n${error}`)
    if (group === undefined) groups.set(`${operator}\n${error}`, { operator, error, count: 1, newestMs: time, id, place: placeOf(letter.error.stack) ?? null })
    else {
      group.count++
      if (time >= group.newestMs) [group.newestMs, group.id] = [time, id]
    }
  }
  return [...groups.values()].sort((a, b) => b.newestMs - a.newestMs || b.count - a.count)
}

/** Returns one letter by its id. */
export async function letterOf(stores: Stores, job: string, id: string): Promise<NamedLetter> {
  for await (const named of readLetters(stores, job)) if (named.id === id) return named
  throw new MillraceError('USAGE', `job '${job}' has no dead letter ${id}; millrace dead ${job} lists them, each group with the id of its newest`)
}

/** Returns a letter as plain data: record or row, decoded and in hex, position, error with its stack. */
export function letterJson({ id, letter }: NamedLetter): Readonly<Record<string, unknown>> {
  const { operator, time, error, record, row, blocks } = letter
  const common = { id, operator, timeMs: time, error }
  if (record !== undefined) {
    const { data, ...position } = record
    const bytes = Buffer.from(data)
    return { ...common, position, ...(isUtf8(bytes) ? { text: bytes.toString('utf8') } : {}), hex: bytes.toString('hex') }
  }
  return { ...common, ...(row === undefined ? {} : { row }), ...(blocks === undefined ? {} : { blocks }) }
}
