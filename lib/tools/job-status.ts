import type { SourceMapping } from '../aws/lambda-control.ts'

/** What `millrace status` shows of a job, as data: times are epoch ms. */
export interface JobStatus {
  readonly job: string
  readonly atMs: number
  readonly deploys: { readonly receive: number; readonly run: number }
  /** The newest batch; null: there is none yet. */
  readonly batch: BatchStatus | null
  /** Time of the next batch that is known of; null: nothing is due until records come. Not after the newest batch: its late records wait for the next. */
  readonly nextMs: number | null
  readonly shards: readonly ShardStatus[]
  readonly tasks: readonly TaskStatus[]
  /** Records and rows, of entries that have not expired. */
  readonly deadLetters: number
  /** Rows that waited for operators when a deploy removed these, by uid; 0: nobody knows how many. Since the job began. */
  readonly removed: Readonly<Record<string, number>>
  readonly stuck: StuckBatch | null
  readonly sources: readonly SourceStatus[]
  /** What else somebody should do something about, one sentence each. */
  readonly warnings: readonly string[]
}

export interface BatchStatus {
  readonly number: number
  readonly timeMs: number
  /** null: it is not finished. */
  readonly finishedMs: number | null
}

export interface ShardStatus {
  readonly stream: string
  readonly shard: string
  /** Arrival of the newest record that was taken in; null: its entries have expired. */
  readonly lastRecordMs: number | null
  /** behind: the shard holds more than was taken in. idle: nothing came for a minute. */
  readonly state: 'current' | 'behind' | 'idle'
  /** current: how long after its arrival the newest record was taken in. behind: how old it is. */
  readonly behindMs: number | null
  /** Entries of its receiver log from the first on that has a block which no batch has taken. */
  readonly entriesNotTaken: number
}

export interface TaskStatus {
  readonly stage: string
  readonly partition: number
  /** The newest batch that it has committed; null: none. */
  readonly batch: number | null
  /** Keys in its state; null: its log has gone on and was cleared while it was read. */
  readonly keys: number | null
  /** Of the snapshot and the changes since, compressed and not. */
  readonly stateBytes: number
  readonly snapshotBatch: number | null
  /** Keys by operator, of those that keep state. */
  readonly operators: Readonly<Record<string, number>>
}

/** A batch that does not get on, and why. */
export interface StuckBatch {
  readonly batch: number
  readonly timeMs: number
  readonly why: string
  /** What threw, where something did. */
  readonly operator: string | null
  readonly task: string | null
  readonly attempts: number | null
  /** Whether the program was deployed anew since it failed, which tries it again at once. */
  readonly deployedSince: boolean
  /** When it was taken up again after that; null: not yet. */
  readonly triedAgainMs: number | null
  /** The operator will be left out: `millrace skip` was called. */
  readonly skipped: boolean
}

/** An event source mapping: a stream of the program, or a queue of the engine. */
export interface SourceStatus extends SourceMapping {
  readonly name: string
  readonly kind: 'stream' | 'queue'
}
