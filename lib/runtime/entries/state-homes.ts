import type { BatchEntry, StateHome } from './entry.ts'

/** As `keeps` says it of an operator (Plan.keeps). */
interface Kept {
  readonly stage: string
  readonly numPartitions: number
}

/** Returns where the state of an operator is after a batch; undefined: it has none. */
export function homeOf(batch: BatchEntry, number: number, uid: string): StateHome | undefined {
  const absent = batch.homes?.[uid]
  if (absent !== undefined) return absent
  const kept = batch.keeps[uid]
  if (kept === undefined) return undefined
  const { stage, numPartitions } = JSON.parse(kept) as Kept
  // Entries of before homes were noted: of a stage that had gone nobody knows any more when.
  return batch.tasks.some(([task]) => task === stage) ? { stage, partitions: numPartitions, entry: number, atMs: batch.at } : undefined
}

/**
 * Returns the homes of operators that a batch's program has not and whose stage it has not either. Where the stage goes on, its log carries their state along.
 * `number`: of the batch before.
 */
export function homesAfter(
  before: BatchEntry,
  number: number,
  next: { readonly keeps: Readonly<Record<string, string>>; readonly tasks: BatchEntry['tasks'] },
): Readonly<Record<string, StateHome>> {
  const homes: Record<string, StateHome> = {}
  for (const uid of Object.keys(before.keeps)) {
    if (next.keeps[uid] !== undefined) continue
    const home = homeOf(before, number, uid)
    if (home === undefined || (home.entry === number && next.tasks.some(([stage]) => stage === home.stage))) continue
    homes[uid] = home
  }
  return homes
}
