import type { Duration } from '../values/duration.ts'

/** Probabilities from 0 to 1. Whatever they are, the results are the same: that is what they are for. */
export interface Faults {
  /** An event is delivered again, with other boundaries. */
  readonly duplicateDelivery?: number
  /** An invocation does its work, and whoever called it hears of a failure. */
  readonly timeoutAfterCommit?: number
  /** An invocation lands in another warm process, whose caches are old. */
  readonly staleCache?: number
}

export interface RunBatchesOptions {
  /** Of each stream. @default 1 */
  readonly shards?: number
  /** Instead of the job's; operators with their own keep it. */
  readonly numPartitions?: number
  /** Of the faults. @default 0 */
  readonly seed?: number
  readonly faults?: Faults
  /** How long the clock goes on after the last batch, so that windows drain and time-outs fire. */
  readonly thenSilence?: Duration
}

/** Elements by batch: one element of the outer list is one batch; [] is a silent batch. */
export interface Batches {
  readonly [stream: string]: readonly (readonly unknown[])[]
}
