import { decodeRows } from '../codec.ts'
import type { Rows } from '../dstream/node.ts'
import type { Exchange, Stage } from '../plan/plan.ts'
import { isInBatch, rowIn } from './allocate.ts'
import type { Batch } from './advance.ts'
import type { BatchEntry, Block } from './entry.ts'
import { count, type Invocation } from './invocation.ts'
import { receiverLog, taskLog } from './log-names.ts'
import { must, obey } from './read-log.ts'
import { readBytes } from './spill.ts'

/** Returns the rows of each exchange that one partition of a stage reads in a batch: in the order (input partition, entry, position), or (stage, partition, position). */
export async function readInput(
  run: Invocation,
  batch: Batch,
  previous: BatchEntry | null,
  stage: Stage,
  partition: number,
): Promise<ReadonlyMap<string, Rows>> {
  const blocks = [...(await receivedBlocks(run, batch, previous, stage, partition)), ...(await stageBlocks(run, batch, stage))].filter(
    (block) => block.partition === partition,
  )
  const wanted = new Set(stage.reads.map((exchange) => exchange.uid))
  const mine = blocks.filter((block) => wanted.has(block.exchange))
  const rows = await Promise.all(mine.map(async (block) => decodeRows(await readBytes(run, block.data))))
  const input = new Map<string, unknown[]>()
  mine.forEach((block, i) => {
    const list = input.get(block.exchange)
    const more = rows[i] ?? []
    if (list === undefined) input.set(block.exchange, more)
    else for (const row of more) list.push(row)
  })
  return input
}

/** Blocks that receivers wrote and that belong to this batch. */
async function receivedBlocks(run: Invocation, batch: Batch, previous: BatchEntry | null, stage: Stage, partition: number): Promise<readonly Block[]> {
  const streams = new Set(stage.reads.flatMap((exchange) => exchange.fromStreams))
  if (streams.size === 0) return []
  const entries = batch.entry.rows
    .filter((row) => streams.has(row.stream))
    .flatMap((row) => {
      const from = rowIn(previous, row)?.from ?? 0
      return Array.from({ length: Math.max(0, row.to - from + 1) }, (_, i) => ({ row, n: from + i }))
    })
  const found = await must(
    run,
    'receiver',
    entries.map(({ row, n }) => ({ log: receiverLog(row.stream, row.shard), n })),
  )
  const known = new Set(run.plan.exchanges.map((exchange: Exchange) => exchange.uid))
  // All partitions of all stages that read the stream see such a block: one of them counts it.
  const counts = (stream: string, block: Block): boolean =>
    block.partition % stage.partitions === partition && run.plan.stages.find((s) => s.reads.some((x) => x.fromStreams.includes(stream)))?.uid === stage.uid
  return entries.flatMap(({ row, n }, i) => {
    const entry = found[i]
    if (entry === undefined) return []
    const blocks = obey(run, entry).blocks.filter((block) => isInBatch(batch.entry, previous, row, n, block.time))
    for (const block of blocks) if (!known.has(block.exchange) && counts(row.stream, block)) count(run, 'rowsOfRemovedShuffles', block.rows)
    return blocks
  })
}

/** Blocks that stages before this one wrote in this batch. */
async function stageBlocks(run: Invocation, batch: Batch, stage: Stage): Promise<readonly Block[]> {
  const stages = [...new Set(stage.reads.flatMap((exchange) => exchange.fromStages))]
  const keys = batch.entry.tasks
    .filter(([uid]) => stages.includes(uid))
    .flatMap(([uid, partitions]) => Array.from({ length: partitions }, (_, q) => ({ log: taskLog(uid, q), n: batch.number })))
  const found = await must(run, 'task', keys)
  return found.flatMap((entry) => obey(run, entry).blocks)
}
