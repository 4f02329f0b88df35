import type { BatchEntry, Row } from './entry.ts'

/** When a block counts: a child's blocks wait for its parents'. */
export function effectiveTime(row: Row, blockTime: number): number {
  return Math.max(blockTime, row.floor)
}

/** Whether a block of entry n was in a batch up to `batch`: in the first one that has both seen its entry and reached its time. */
export function isTaken(batch: BatchEntry | null, row: Row, n: number, blockTime: number): boolean {
  if (batch === null) return false
  const then = batch.rows.find((r) => r.stream === row.stream && r.shard === row.shard)
  return then !== undefined && n <= then.to && effectiveTime(row, blockTime) <= batch.time
}

/** Whether a block of entry n is in `batch`: a pure function of this batch and the one before. `row`: the partition's row in `batch`. */
export function isInBatch(batch: BatchEntry, previous: BatchEntry | null, row: Row, n: number, blockTime: number): boolean {
  return n <= row.to && effectiveTime(row, blockTime) <= batch.time && !isTaken(previous, row, n, blockTime)
}
