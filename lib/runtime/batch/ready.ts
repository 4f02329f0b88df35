import { PATIENCE_MS, SETTLE_MS, SLACK_MS } from '../settings.ts'

/** The end of one input partition's log, as far as it was read. */
export interface PartitionEnd {
  readonly behind: boolean
  readonly at: number
  readonly maxTime: number
}

export interface ReadyRequest {
  /** The batch time in question. */
  readonly time: number
  readonly now: number
  readonly batchingWindowMs: number
  readonly ends: readonly PartitionEnd[]
  /** When the entry with the oldest block not taken was committed, and that block's time; null: no block waits. */
  readonly oldest: { readonly at: number; readonly time: number } | null
}

/**
 * Whether a batch may be allocated. This decides how well batches match arrival times, never whether results are exact:
 * - its records had time to be delivered;
 * - no partition that said it is behind may still bring records of its time (for a minute at the most);
 * - a block that came late has rested: its siblings are late too.
 */
export function isReady({ time, now, batchingWindowMs, ends, oldest }: ReadyRequest): boolean {
  if (now < readyAt(time, batchingWindowMs)) return false
  if (ends.some((end) => end.behind && now - end.at < PATIENCE_MS && end.maxTime < time)) return false
  return oldest === null || oldest.at <= oldest.time + batchingWindowMs + SETTLE_MS || now - oldest.at >= SETTLE_MS
}

export function readyAt(time: number, batchingWindowMs: number): number {
  return time + batchingWindowMs + SLACK_MS
}
