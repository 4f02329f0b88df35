import type { DescribedPlan } from '../plan/describe-plan.ts'
import type { Ports } from '../runtime/runtime.ts'
import type { BatchReader } from '../tools/batch-reader.ts'
import type { JobStatus } from '../tools/job-status.ts'
import type { PartitionBehind } from '../tools/read-behind.ts'

/** A job's stores, open for one look. */
export interface Access {
  readonly ports: Pick<Ports, 'log' | 'progress' | 'objects'>
  readonly batches: BatchReader
  /** Returns what `millrace status --json` prints. */
  status(): Promise<JobStatus>
  /** How far each input partition has not got. */
  behind(): Promise<readonly PartitionBehind[]>
  /** Of all finished batches; null: there may be too many to count. */
  totals(): Promise<Totals | null>
  /** Dead letters, of receive and of tasks; a few seconds old where that costs reads. */
  deadLetters(): Promise<number>
}

export interface Totals {
  readonly batches: number
  readonly records: number
}

/** What the page says of a job above everything else. JSON-able. */
export interface JobHead {
  readonly job: string
  readonly kind: 'embedded' | 'deployed'
  readonly intervalMs: number | null
  /** What an interval takes on the clock of the figures; null: stream time does not follow it, and `noClock` says why. */
  readonly wallIntervalMs: number | null
  readonly noClock: string | null
  readonly state: 'running' | 'ended' | 'failed'
  /** Why it failed. */
  readonly error: string | null
  readonly startedMs: number | null
  /** Commands that help, ready to be pasted into a shell. */
  readonly commands: Readonly<Record<'goOn' | 'skip' | 'retry' | 'pause' | 'resume' | 'status' | 'dead', string | null>>
}

/** A job that is shown: what it is, and a way to look into its stores. */
export interface ViewedJob {
  /** Put before every output directory. */
  readonly outputPrefix: string
  head(): JobHead
  /** null: its program is not at hand. */
  program(): DescribedPlan | null
  /** Now, on the clock of the figures. */
  nowMs(): number
  /** Opens the stores, does the work, and lets go of them. */
  look<T>(work: (access: Access) => Promise<T>): Promise<T>
}
