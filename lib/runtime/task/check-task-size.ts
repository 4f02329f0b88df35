import { OperatorError } from '../../values/errors.ts'
import type { Plan, Stage } from '../../plan/plan.ts'
import { ROW_HEAP_BYTES, type Bucket } from '../../state/bucket.ts'
import type { PartitionState } from '../../state/partition-state.ts'
import type { Block } from '../entries/entry.ts'
import type { Invocation } from '../invocation.ts'

const MB = 1024 * 1024

/** A batch brings a task more than it may hold. */
export class TaskTooLarge extends OperatorError {}

/** A block of a task's input, and how many bytes it has as far as that is known. */
export interface SizedBlock {
  readonly block: Block
  readonly exchange: string
  readonly bytes: number
  /** Of its rows, those of this partition, or about so many. */
  readonly rows: number
}

/** What a task cannot hold and leaves out, since its reader is skipped on command. */
export interface LeftOut<B> {
  readonly error: OperatorError
  readonly blocks: readonly B[]
}

export interface Fitting<B> {
  readonly kept: readonly B[]
  readonly left: readonly LeftOut<B>[]
}

/**
 * Returns the blocks that one task may hold: all, but for those of operators that are skipped on command where they would be too many. Throws otherwise: before anything is decoded.
 * A batch that stops is taken up again; nothing of it is lost.
 */
export function fitInput<B extends SizedBlock>(run: Invocation, plan: Plan, stage: Stage, blocks: readonly B[], skip: ReadonlySet<string>): Fitting<B> {
  let kept = blocks
  const left: LeftOut<B>[] = []
  for (;;) {
    const error = tooLarge(run, plan, stage, kept)
    if (error === undefined) return { kept, left }
    if (!skip.has(error.operator)) throw error
    const isOut = ({ exchange }: B): boolean => readerOf(plan, stage, exchange) === error.operator
    left.push({ error, blocks: kept.filter(isOut) })
    kept = kept.filter((one) => !isOut(one))
  }
}

function tooLarge(run: Invocation, plan: Plan, stage: Stage, blocks: readonly SizedBlock[]): OperatorError | undefined {
  const { maxTaskBytes } = run.settings
  const rows = blocks.reduce((sum, one) => sum + one.rows, 0)
  const bytes = blocks.reduce((sum, one) => sum + one.bytes, rows * ROW_HEAP_BYTES)
  if (bytes <= maxTaskBytes) return undefined
  const largest = blocks.reduce((a, b) => (a.rows >= b.rows ? a : b))
  return new TaskTooLarge(
    readerOf(plan, stage, largest.exchange),
    `a batch brings ${rows} rows, about ${Math.ceil(bytes / MB)} MB, to one partition of stage '${stage.uid}', and a task may hold ${Math.floor(maxTaskBytes / MB)} MB: ` +
      'combine before the shuffle (reduceByKey instead of groupByKey), spread the keys over more partitions, bound a batch with maxRatePerPartition, or give the run function more memory. The batch waits and is taken up again',
  )
}

/** Throws when a computation wants more of its state in memory than one task may hold: an operator that reads all of it, as windows of uncombined rows and updateStateByKey do. */
export function checkStateSize(run: Invocation, state: PartitionState, wanted: Iterable<Bucket>): void {
  const { maxTaskBytes } = run.settings
  let bytes = 0
  let largest: Bucket | undefined
  for (const bucket of wanted) {
    bytes += bucket.loadedBytes
    if (largest === undefined || bucket.loadedBytes > largest.loadedBytes) largest = bucket
  }
  if (bytes <= maxTaskBytes || largest === undefined) return
  throw new OperatorError(
    operatorOf(state, largest),
    `reads about ${Math.ceil(bytes / MB)} MB of its state at once, and a task may hold ${Math.floor(maxTaskBytes / MB)} MB: combine before the window (reduceByKeyAndWindow instead of window or groupByKeyAndWindow), ` +
      'use mapWithState instead of updateStateByKey, shorten the window, spread the keys over more partitions (under a new uid), or give the run function more memory. The batch waits and is taken up again',
  )
}

function readerOf(plan: Plan, stage: Stage, exchange: string): string {
  const node = stage.reads.find(({ uid }) => uid === exchange)?.readers[0]?.node
  return (node && plan.uids.get(node)) ?? stage.uid
}

function operatorOf(state: PartitionState, bucket: Bucket): string {
  const found = state.tables().find(([, { groups }]) => [...groups.values()].some(({ base }) => base?.buckets.includes(bucket) === true))
  return found?.[0] ?? 'state'
}
