import { decodeRows } from '../../codec/rows.ts'
import type { Rows } from '../../dstream/node.ts'
import type { Detour } from '../../plan/compute.ts'
import type { Plan, Stage } from '../../plan/plan.ts'
import { consumerOf, exchangeUid, parseExchangeUid, type ReaderName } from '../../plan/exchange-name.ts'
import { readShape } from '../../plan/shape.ts'
import { adopted, leftOf, removedReaders, rowsOf, targetsOf, type Allows } from '../entries/adopt-blocks.ts'
import { isInBatch, rowIn } from '../entries/allocate.ts'
import type { Batch } from '../entries/batch.ts'
import { fitInput, type LeftOut, type SizedBlock } from './check-task-size.ts'
import type { BatchEntry, Block, TaskEntry } from '../entries/entry.ts'
import { count, type Invocation } from '../invocation.ts'
import { receiverLog, taskLog } from '../entries/log-names.ts'
import { must, obey } from '../logs/read-log.ts'
import { leadsToOld, outputOf, ownerOf } from './plan-of-batch.ts'
import { readBytes, sizeOf } from '../logs/spill.ts'

/** Returns the rows of each exchange that one partition of a stage reads in a batch: in the order (input partition, entry, position), or (stage, partition, position). */
export async function readInput(run: Invocation, { batch, previous, plan, stage, partition, skip }: InputRequest): Promise<TaskInput> {
  const isCutAlike = batch.entry.shape === undefined || batch.entry.shape === plan.shape
  // Blocks of another program may be for any stage, whatever it reads by this one.
  const streams = new Set([...stage.reads.flatMap((exchange) => exchange.fromStreams), ...(batch.entry.foreign ?? [])])
  const carried = await carriedBlocks(run, batch, previous)
  const received = await receivedBlocks(run, batch, previous, isCutAlike ? streams : undefined)
  const inBatch = new Set(batch.entry.tasks.map(([uid]) => uid))
  const removed = new Removed(run, { batch, plan, stage, partition })
  const blocks = [...carried, ...received, ...(await stageBlocks(run, batch, stage))].flatMap(({ block, blocks: beside, from, stream }) => {
    // Where another program cut the batch, each reader's rows are left to the stage that it gave them to, lest they be read twice.
    const allows = (reader: ReaderName | undefined): boolean => {
      const owner = ownerOf(batch.entry, block.exchange, reader)
      return owner === stage.uid || (from !== 'stage' && !inBatch.has(owner))
    }
    const allowed = isCutAlike ? undefined : allows
    removed.note(block, { beside, stream, allows: allowed })
    return targetsOf(plan, block.exchange, beside, allowed).flatMap((target) => (target.exchange.to === stage.uid ? adopted(block, target, partition) : []))
  })
  if (!isCutAlike) removed.noteOutputs()
  const stored = fitInput(
    run,
    plan,
    stage,
    blocks.map((one) => ({ ...one, bytes: Math.ceil(sizeOf(one.block.data) * one.share), rows: Math.ceil(one.block.rows * one.share) })),
    skip,
  )
  const read = await Promise.all(
    stored.kept.map(async (one) => {
      const raw = await readBytes(run, one.block.data)
      return { ...one, raw, bytes: Math.ceil(raw.length * one.share) }
    }),
  )
  const { kept, left } = fitInput(run, plan, stage, read, skip)
  const input = new Map<string, unknown[]>()
  const detours: Detour[] = []
  for (const { input: key, pick, raw, detour, isCombined } of kept) {
    const all = decodeRows(raw)
    const rows = pick === undefined ? all : [...pick(all)]
    const list = input.get(key)
    if (detour !== undefined) detours.push({ to: detour, combined: isCombined, rows })
    else if (list === undefined) input.set(key, rows)
    else for (const row of rows) list.push(row)
  }
  return { input, detours, left: [...stored.left, ...left], removed: await removed.byOperator() }
}

export interface InputRequest {
  readonly batch: Batch
  readonly previous: BatchEntry | null
  /** As the batch was cut. */
  readonly plan: Plan
  readonly stage: Stage
  readonly partition: number
  readonly skip: ReadonlySet<string>
}

export interface TaskInput {
  /** Decoded rows by inputKey. */
  readonly input: ReadonlyMap<string, Rows>
  readonly detours: readonly Detour[]
  /** Rows that waited for operators which the program no longer has, by uid. */
  readonly removed: Readonly<Record<string, number>>
  /** What was not decoded, since it is more than a task may hold and its reader is skipped on command. */
  readonly left: readonly LeftOut<SizedBlock>[]
}

/** A block, those of the same entry, and where the entry is from. */
interface Found {
  readonly block: Block
  readonly blocks: readonly Block[]
  readonly from: 'stream' | 'stage' | 'before'
  readonly stream?: string
}

/** Blocks that receivers wrote and that belong to this batch. `streams`: of these alone. */
async function receivedBlocks(run: Invocation, batch: Batch, previous: BatchEntry | null, streams?: ReadonlySet<string>): Promise<readonly Found[]> {
  const entries = batch.entry.rows
    .filter((row) => streams?.has(row.stream) !== false)
    .flatMap((row) => {
      const from = rowIn(previous, row)?.from ?? 0
      return Array.from({ length: Math.max(0, row.to - from + 1) }, (_, i) => ({ row, n: from + i }))
    })
  const found = await must(
    run,
    'receiver',
    entries.map(({ row, n }) => ({ log: receiverLog(row.stream, row.shard), n })),
  )
  return entries.flatMap(({ row, n }, i) => {
    const entry = found[i]
    if (entry === undefined) return []
    const { blocks } = obey(run, entry)
    return blocks
      .filter((block) => isInBatch(batch.entry, previous, row, n, block.time))
      .map((block) => ({ block, blocks, from: 'stream', stream: row.stream }))
  })
}

/** Blocks that stages before this one wrote in this batch: those that it says, and where the program has changed since, any. */
async function stageBlocks(run: Invocation, { number, entry }: Batch, stage: Stage): Promise<readonly Found[]> {
  const stages = [...new Set(stage.reads.flatMap((exchange) => exchange.fromStages))]
  const from = entry.tasks.filter(([uid]) => stages.includes(uid))
  return taskBlocks(run, number, tasksOf(from), ({ gone }) => !gone)
}

/** Returns what of a block of a task's entry is left to the batch after it: all that a task left which was not computed, else what is for readers that no task of the batch has. */
export function leftBlock(plan: Plan, batch: BatchEntry, block: Block, gone: boolean): Block | undefined {
  if (gone) return block
  const isOut = (reader: ReaderName | undefined): boolean => {
    const owner = ownerOf(batch, block.exchange, reader)
    return batch.tasks.every(([uid]) => uid !== owner)
  }
  const name = parseExchangeUid(block.exchange)
  if (name === undefined) return isOut(undefined) ? block : undefined
  const readers = name.readers.filter((reader) => isOut(reader) && leadsToOld(plan, batch, reader))
  return readers.length === 0 ? undefined : { ...block, exchange: exchangeUid({ ...name, readers }) }
}

/** Blocks of the batch before that nobody read there. */
async function carriedBlocks(run: Invocation, batch: Batch, previous: BatchEntry | null): Promise<readonly Found[]> {
  const { carries = [] } = batch.entry
  if (carries.length === 0 || previous === null) return []
  const found = await taskBlocks(run, batch.number - 1, carries, () => true)
  return found.flatMap(({ block, blocks, gone }) => {
    const left = leftBlock(run.plan, previous, block, gone)
    return left === undefined ? [] : [{ block: left, blocks, from: 'before' as const }]
  })
}

const tasksOf = (tasks: BatchEntry['tasks']): readonly (readonly [string, number])[] =>
  tasks.flatMap(([uid, partitions]) => Array.from({ length: partitions }, (_, q) => [uid, q] as const))

async function taskBlocks(
  run: Invocation,
  n: number,
  tasks: readonly (readonly [stage: string, partition: number])[],
  wants: (entry: TaskEntry) => boolean,
): Promise<readonly (Found & { readonly gone: boolean })[]> {
  const found = await must(
    run,
    'task',
    tasks.map(([uid, q]) => ({ log: taskLog(uid, q), n })),
  )
  return found.filter((entry) => wants(obey(run, entry))).flatMap(({ blocks, gone }) => blocks.map((block) => ({ block, blocks, from: 'stage', gone })))
}

/** Returns the blocks that a task was to read as its batch was cut, for the batch after it: this program cannot compute the task. */
export async function blocksFor(
  run: Invocation,
  { batch, previous, stage, partition }: { readonly batch: Batch; readonly previous: BatchEntry | null; readonly stage: string; readonly partition: number },
): Promise<readonly Block[]> {
  const { tasks } = batch.entry
  const index = tasks.findIndex(([uid]) => uid === stage)
  const partitions = tasks[index]?.[1] ?? 1
  const all = [
    ...(await carriedBlocks(run, batch, previous)),
    ...(await receivedBlocks(run, batch, previous)),
    ...(await taskBlocks(run, batch.number, tasksOf(tasks.slice(0, index)), ({ gone }) => !gone)),
  ]
  return all.flatMap(({ block }) => {
    const name = parseExchangeUid(block.exchange)
    const readers = (name?.readers ?? []).filter((reader) => ownerOf(batch.entry, block.exchange, reader) === stage)
    const isMine = name === undefined ? consumerOf(block.exchange) === stage : readers.length > 0
    return (isMine && leftOf(block, readers, partition, partitions)) || []
  })
}

/** Counts the rows of a task's blocks that wait for operators which the program no longer has. */
class Removed {
  readonly #run: Invocation
  readonly #task: Pick<InputRequest, 'batch' | 'plan' | 'stage' | 'partition'>
  readonly #found: { readonly operator: string; readonly block: Block }[] = []
  readonly #without = new Set<string>()

  constructor(run: Invocation, task: Pick<InputRequest, 'batch' | 'plan' | 'stage' | 'partition'>) {
    this.#run = run
    this.#task = task
  }

  note(
    block: Block,
    { beside, stream, allows }: { readonly beside: readonly Block[]; readonly stream: string | undefined; readonly allows: Allows | undefined },
  ): void {
    const { batch, plan, stage, partition } = this.#task
    for (const reader of removedReaders(plan, block.exchange, beside, allows)) {
      const operator = typeof reader === 'string' ? reader : reader[0]
      // Where another program cut the batch, its tasks share the rows as it says; else all tasks that look at a block see it, and one counts it.
      const isShared = allows !== undefined && typeof reader !== 'string' && ownerOf(batch.entry, block.exchange, reader) === stage.uid
      const own = isShared ? leftOf(block, [reader], partition, stage.partitions) : counts(plan, stage, partition, block, stream) ? block : undefined
      if (own !== undefined) this.#found.push({ operator, block: own })
    }
  }

  /** Outputs that the batch was cut with: what there would have been for them only the earlier program knows. */
  noteOutputs(): void {
    const { batch, plan } = this.#task
    const { shape } = batch.entry
    const outputs = shape === undefined ? [] : readShape(shape).outputs
    for (const [uid, lasting] of outputs) if (outputOf(plan, batch.entry, uid) === undefined) this.#without.add(lasting.includes('#') ? lasting : uid)
  }

  /** Returns how many rows each of them would have had, as far as it is known. */
  async byOperator(): Promise<Readonly<Record<string, number>>> {
    const rows = new Map([...this.#without].map((operator) => [operator, 0]))
    for (const { operator, block } of this.#found) rows.set(operator, (rows.get(operator) ?? 0) + (await this.#rowsOf(block)))
    for (const [operator, n] of rows) {
      count(this.#run, 'rowsOfRemovedShuffles', n)
      const what = n > 0 ? `${n} rows are dropped that wait for` : 'a batch in flight is computed without what it had for'
      this.#run.observe({ event: 'warning', message: `${what} an operator which the program no longer has: '${operator}'` })
    }
    return Object.fromEntries(rows)
  }

  async #rowsOf(block: Block): Promise<number> {
    if (block.parts === undefined) return block.rows
    return rowsOf(decodeRows(await readBytes(this.#run, block.data)), block.parts, parseExchangeUid(block.exchange)?.combined === true).length
  }
}

/** All partitions of all stages that look at a block see it: one of them counts it. */
function counts(plan: Plan, stage: Stage, partition: number, block: Block, stream: string | undefined): boolean {
  const reads = (s: Stage): boolean => stream === undefined || s.reads.some((x) => x.fromStreams.includes(stream))
  return block.partition % stage.partitions === partition && (plan.stages.find(reads) ?? plan.stages[0])?.uid === stage.uid
}
