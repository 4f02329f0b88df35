import { decodeRows } from '../../codec/rows.ts'
import type { Rows } from '../../dstream/node.ts'
import type { Exchange, Stage } from '../../plan/plan.ts'
import { adopted, heirsOf, type ReadBlock } from '../entries/adopt-blocks.ts'
import { isInBatch, rowIn } from '../entries/allocate.ts'
import type { Batch } from '../entries/batch.ts'
import { fitInput, type LeftOut, type SizedBlock } from './check-task-size.ts'
import type { BatchEntry, Block } from '../entries/entry.ts'
import { count, type Invocation } from '../invocation.ts'
import { receiverLog, taskLog } from '../entries/log-names.ts'
import { must, obey } from '../logs/read-log.ts'
import { readBytes, sizeOf } from '../logs/spill.ts'

/** Returns the rows of each exchange that one partition of a stage reads in a batch: in the order (input partition, entry, position), or (stage, partition, position). */
export async function readInput(
  run: Invocation,
  batch: Batch,
  previous: BatchEntry | null,
  stage: Stage,
  partition: number,
  skip: ReadonlySet<string>,
): Promise<TaskInput> {
  const wanted = new Set(stage.reads.map((exchange) => exchange.uid))
  const blocks = [...(await receivedBlocks(run, batch, previous, stage, partition)), ...(await stageBlocks(run, batch, stage, partition))]
  const mine = blocks.filter(({ exchange }) => wanted.has(exchange))
  const stored = fitInput(
    run,
    stage,
    mine.map((one) => ({ ...one, bytes: sizeOf(one.block.data) })),
    skip,
  )
  const read = await Promise.all(
    stored.kept.map(async (one) => {
      const raw = await readBytes(run, one.block.data)
      return { ...one, raw, bytes: raw.length }
    }),
  )
  const { kept, left } = fitInput(run, stage, read, skip)
  const input = new Map<string, unknown[]>()
  for (const { exchange, pick, raw } of kept) {
    const all = decodeRows(raw)
    const rows = pick === undefined ? all : [...pick(all)]
    const list = input.get(exchange)
    if (list === undefined) input.set(exchange, rows)
    else for (const row of rows) list.push(row)
  }
  return { input, left: [...stored.left, ...left] }
}

export interface TaskInput {
  /** Decoded rows by exchange. */
  readonly input: ReadonlyMap<string, Rows>
  /** What was not decoded, since it is more than a task may hold and its reader is skipped on command. */
  readonly left: readonly LeftOut<SizedBlock>[]
}

/** Blocks that receivers wrote and that belong to this batch. */
async function receivedBlocks(run: Invocation, batch: Batch, previous: BatchEntry | null, stage: Stage, partition: number): Promise<readonly ReadBlock[]> {
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
    return blocks.flatMap((block) => {
      if (known.has(block.exchange)) return own(block, partition)
      const heirs = heirsOf(run.plan, block.exchange, entry.blocks)
      if (heirs !== undefined) return heirs.flatMap((heir) => adopted(block, heir, partition) ?? [])
      if (counts(row.stream, block)) count(run, 'rowsOfRemovedShuffles', block.rows)
      return []
    })
  })
}

/** Blocks that stages before this one wrote in this batch. */
async function stageBlocks(run: Invocation, batch: Batch, stage: Stage, partition: number): Promise<readonly ReadBlock[]> {
  const stages = [...new Set(stage.reads.flatMap((exchange) => exchange.fromStages))]
  const keys = batch.entry.tasks
    .filter(([uid]) => stages.includes(uid))
    .flatMap(([uid, partitions]) => Array.from({ length: partitions }, (_, q) => ({ log: taskLog(uid, q), n: batch.number })))
  const found = await must(run, 'task', keys)
  return found.flatMap((entry) => obey(run, entry).blocks.flatMap((block) => own(block, partition)))
}

function own(block: Block, partition: number): readonly ReadBlock[] {
  return block.partition === partition ? [{ block, exchange: block.exchange, pick: undefined }] : []
}
