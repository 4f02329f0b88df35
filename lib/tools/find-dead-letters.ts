import { DEAD_PREFIX, ownPrefix } from '../runtime/entries/log-names.ts'
import type { LogKey } from '../runtime/ports/log.ts'
import type { Objects } from '../runtime/ports/objects.ts'
import type { DeadLetterRef } from '../runtime/entries/entry.ts'
import type { EntryReader } from './entry-reader.ts'

/** The dead letters of one entry. */
export interface FoundDeadLetters extends DeadLetterRef {
  readonly entry: LogKey
}

/**
 * Returns what a job's entries name as dead letters, as long as the entries live (the retention). An object that no entry names was written by
 * an attempt that lost, or is another job's in the same bucket.
 */
export async function findDeadLetters(reader: EntryReader, objects: Objects, job: string): Promise<readonly FoundDeadLetters[]> {
  // Before jobs had prefixes of their own all wrote side by side: there, too, only what an entry of this job names is its own.
  const prefixes = [ownPrefix(DEAD_PREFIX, job), `${DEAD_PREFIX}rec/`, `${DEAD_PREFIX}task/`]
  const listed = await Promise.all(prefixes.map((prefix) => objects.list(prefix)))
  const named = listed.flat().flatMap(({ key }) => {
    const [, log, n] = /((?:rec|task)\/.*)\/(\d+)-[^/]*$/.exec(key) ?? []
    return log === undefined ? [] : [{ key, entry: { log, n: Number(n) } }]
  })
  const refs = new Map<string, DeadLetterRef | null | undefined>()
  for (const kind of ['receiver', 'task'] as const) {
    const own = named.filter(({ entry }) => entry.log.startsWith('rec/') === (kind === 'receiver'))
    const entries = await reader.many(
      kind,
      own.map(({ entry }) => entry),
    )
    own.forEach(({ key }, i) => refs.set(key, entries[i]?.deadLetters))
  }
  return named.flatMap(({ key, entry }) => {
    const ref = refs.get(key)
    return ref === null || ref === undefined || ref.key !== key ? [] : [{ ...ref, entry }]
  })
}
