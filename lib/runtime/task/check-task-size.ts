import { OperatorError } from '../../values/errors.ts'
import type { Plan, Stage } from '../../plan/plan.ts'
import { ROW_HEAP_BYTES, type Bucket } from '../../state/bucket.ts'
import type { PartitionState } from '../../state/partition-state.ts'
import type { Block } from '../entries/entry.ts'
import type { Invocation } from '../invocation.ts'

const MB = 1024 * 1024

/** Throws when the rows of a batch are more than one task may hold: before they are decoded. `blockBytes`: those of the blocks. A batch that stops is taken up again; nothing of it is lost. */
export function checkInputSize(
  run: Invocation,
  stage: Stage,
  blocks: readonly { readonly block: Block; readonly exchange: string }[],
  blockBytes: number,
): void {
  const { maxTaskBytes } = run.settings
  const rows = blocks.reduce((sum, { block }) => sum + block.rows, 0)
  const bytes = rows * ROW_HEAP_BYTES + blockBytes
  if (bytes <= maxTaskBytes) return
  const largest = blocks.reduce((a, b) => (a.block.rows >= b.block.rows ? a : b))
  throw new OperatorError(
    readerOf(run.plan, stage, largest.exchange),
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
