import type { BatchEntry, Row } from './entry.ts'

/** The floor of a held input partition in entries before version 4. */
export const UNKNOWN_FLOOR = -1

const indexes = new WeakMap<BatchEntry, ReadonlyMap<string, Row>>()

/** Names an input partition within a job. */
export function partitionName({ stream, shard }: { readonly stream: string; readonly shard: string }): string {
  return `${stream}/${shard}`
}

/** Returns the row of an input partition in a batch; undefined when it was not registered then. */
export function rowIn(batch: BatchEntry | null, partition: { readonly stream: string; readonly shard: string }): Row | undefined {
  if (batch === null) return undefined
  let index = indexes.get(batch)
  if (index === undefined) indexes.set(batch, (index = new Map(batch.rows.map((row) => [partitionName(row), row]))))
  return index.get(partitionName(partition))
}

/** When a block counts: a child's blocks wait for its parents'. */
export function effectiveTime(row: { readonly floor: number }, blockTime: number): number {
  return Math.max(blockTime, row.floor)
}

/** The time of the batch that a block waits for: on this program's grid, whatever interval it was made with; a late one is for the next batch there is. */
export function dueTime(batch: BatchEntry | null, row: { readonly floor: number }, blockTime: number, intervalMs: number): number {
  return Math.max(nextTime(batch, intervalMs), Math.ceil(effectiveTime(row, blockTime) / intervalMs) * intervalMs)
}

/** The earliest time that the batch after this one can have. */
export function nextTime(batch: BatchEntry | null, intervalMs: number): number {
  return batch === null ? 0 : (Math.floor(batch.time / intervalMs) + 1) * intervalMs
}

/** Whether a block of entry n was in a batch up to `batch`: in the first one that has both seen its entry and reached its time. */
export function isTaken(batch: BatchEntry | null, row: Pick<Row, 'stream' | 'shard' | 'floor'>, n: number, blockTime: number): boolean {
  const then = rowIn(batch, row)
  return batch !== null && then !== undefined && n <= then.to && effectiveTime(row, blockTime) <= batch.time
}

/** Whether a block of entry n is in `batch`: a pure function of this batch and the one before. `row`: the partition's row in `batch`. */
export function isInBatch(batch: BatchEntry, previous: BatchEntry | null, row: Row, n: number, blockTime: number): boolean {
  return n <= row.to && effectiveTime(row, blockTime) <= batch.time && !isTaken(previous, row, n, blockTime)
}
