import type { LoadedTables } from '../plan/compute.ts'
import type { Plan } from '../plan/plan.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'
import type { Messages } from './ports/messages.ts'
import type { Objects } from './ports/objects.ts'
import type { Progress } from './ports/progress.ts'
import type { Shards } from './ports/shards.ts'

export interface Ports {
  readonly log: Log
  readonly progress: Progress
  readonly objects: Objects
  readonly messages: Messages
  readonly clock: Clock
  /** Left out: no input partition splits or merges. */
  readonly shards?: Shards
}

/** Sizes and times that the protocol depends on; defaults in limits.ts. */
export interface RuntimeSettings {
  /** W: seconds that the event source mapping gathers records for, in ms. */
  readonly batchingWindowMs: number
  /** Time to live of log entries. */
  readonly retentionMs: number
  /** X: the time-out of the run function. A batch without progress for this long is taken up again. */
  readonly taskTimeoutMs: number
  /** What is larger goes to an object. */
  readonly spillBytes: number
  /** A snapshot is due after this many entries or bytes of changes. */
  readonly tailEntries: number
  readonly tailBytes: number
  /** Of a bucket of a snapshot, before compression: above, their number doubles. */
  readonly bucketBytes: number
  /** Buckets of states that a process keeps in memory between computations, estimated heap. */
  readonly stateCacheBytes: number
  /** Decoded entries that a process keeps, and as much of tails of its states; both as they are encoded. */
  readonly logCacheBytes: number
  /** Bytes of blocks, uncompressed, that a batch takes for any one partition; at least one entry of each input partition. */
  readonly maxBatchBytes: number
  /** What one task may take into memory at once, estimated heap: the rows of a batch, and the parts of its state that it reads. */
  readonly maxTaskBytes: number
  /**
   * When the first batch of a job is due whose operators run in every batch: its time; or, as soon as nothing has been registered for so long after the first
   * tick, the newest batch that is ready then. Before that, and in every other job, it is that of the earliest record.
   */
  readonly begin: { readonly atMs: number } | { readonly restMs: number }
  /** Put before every output directory, '' or ending in '/'. */
  readonly outputPrefix: string
}

/** One line per invocation, and what tests count. JSON-able. */
export interface RuntimeEvent {
  readonly event: string
  readonly [field: string]: unknown
}

/** Whose the logs of a job are: the stack's, whose id no other stack ever gets. */
export interface Owner {
  readonly id: string
  /** Whether it may take the job over from another: a stack that is gone, whose table and bucket it was given. */
  readonly takeOver: boolean
}

/** A batch whose outputs are there and that is not finished yet. Times are those of the engine's clock. */
export interface ClosedBatch {
  readonly batch: number
  readonly timeMs: number
  readonly allocatedMs: number
  /** When its last task ended. */
  readonly computedMs: number
  /** By stream; empty: who allocated it did not say. */
  readonly records: Readonly<Record<string, number>>
  /** Operators that were left out on command. */
  readonly skipped: readonly string[]
}

export interface RuntimeOptions {
  readonly plan: Plan
  readonly ports: Ports
  /** Rises with every deploy. */
  readonly deploy: number
  /** Whose the job's logs must be; left out: nobody asks, as where there is no stack. */
  readonly owner?: Owner | undefined
  /** Unique ids for attempts. */
  readonly newId: () => string
  readonly settings?: Partial<RuntimeSettings>
  /** Loads the static tables; called once per process, before the first computation. */
  readonly loadTables: () => Promise<LoadedTables>
  readonly observe?: (event: RuntimeEvent) => void
  /** Is told of each batch before it is finished, again after a death; the batch waits for it. Must not throw. */
  readonly completed?: ((batch: ClosedBatch) => Promise<void>) | undefined
  /** Where `print` writes. */
  readonly print?: (text: string) => void
}

/** How long this invocation may still run, ms. */
export interface Deadline {
  remainingMs(): number
}
