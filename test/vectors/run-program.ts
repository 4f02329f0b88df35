// Runs a program batch by batch through plan and state, in a given layout: shards, partitions, invocations cut at random, silence, restarts.
import { defineJob, type DStream, milliseconds, type StreamingContext } from 'millrace'
import { decodeRows } from '../../lib/codec/rows.ts'
import { hashKey } from '../../lib/values/key.ts'
import { loadTables } from '../../lib/program/load-tables.ts'
import type { BlockDraft, DeadLetter } from '../../lib/plan/compute.ts'
import { computeTask } from '../../lib/plan/compute-task.ts'
import { openReceive } from '../../lib/plan/open-receive.ts'
import { planJob } from '../../lib/plan/plan-job.ts'
import { decodeChanges } from '../../lib/state/changes.ts'
import { PartitionState } from '../../lib/state/partition-state.ts'
import { randomOf } from './random.ts'
import type { Layout } from './vector.ts'

type Batches = readonly (readonly unknown[])[]

export interface Program {
  readonly intervalMs: number
  readonly batches: number
  /** By name: what arrives in each batch. */
  readonly inputs: Readonly<Record<string, Batches>>
  /** Returns the streams to look at, by name. */
  build(ssc: StreamingContext, streams: Readonly<Record<string, DStream<unknown>>>): Readonly<Record<string, DStream<unknown>>>
  /** After these batches every process is new: state comes from what was committed. */
  readonly restartAfter?: readonly number[]
  /** The number of shards in each batch, where it changes. */
  readonly shardsOf?: readonly number[]
  /** Makes the inputs, where they are not streams of JSON. */
  streams?(ssc: StreamingContext): Readonly<Record<string, DStream<unknown>>>
  /** The bytes of a row of an input. @default JSON */
  encode?(row: unknown): Uint8Array
}

export interface ProgramRun {
  /** By name of the stream: element i is batch i + 1; null where it yields no RDD (not a slide), [] also where a silent batch was left out. */
  readonly outputs: Readonly<Record<string, readonly (readonly unknown[] | null | undefined)[]>>
  readonly partitions: Readonly<Record<string, number>>
  readonly deadLetters: readonly DeadLetter[]
  readonly error: { readonly batch: number; readonly message: string } | undefined
  /** Silent batches may be missing: those before the first record, and those that would put out nothing. */
  readonly silence: boolean
}

/** Returns what the program puts out in the layout. */
export async function runProgram(program: Program, layout: Layout): Promise<ProgramRun> {
  const names = Object.keys(program.inputs)
  const encode = program.encode ?? ((row: unknown): Uint8Array => Buffer.from(JSON.stringify(row)))
  const watched: string[] = []
  const job = defineJob({ name: 'vector', batchInterval: milliseconds(program.intervalMs), numPartitions: layout.numPartitions }, (ssc) => {
    const decoder = { decode: (data: Uint8Array): unknown => JSON.parse(Buffer.from(data).toString()) as unknown }
    const streams = program.streams?.(ssc) ?? Object.fromEntries(names.map((name) => [name, ssc.kinesisStream(name, decoder)]))
    for (const [name, stream] of Object.entries(program.build(ssc, streams))) {
      watched.push(name)
      stream.foreachRDD(() => {}, { uid: `out-${name}`, perPartition: true })
    }
  })
  const plan = planJob(job)
  const tables = await loadTables(plan.tables)
  const random = randomOf(layout.seed)
  const committed = new Map<string, Uint8Array[]>()
  let states = new Map<string, PartitionState>()
  const deadLetters: DeadLetter[] = []
  const outputs = Object.fromEntries(watched.map((name) => [name, [] as (readonly unknown[] | null)[]]))
  let due: number | null = program.intervalMs
  let error: ProgramRun['error']

  const receive = (batch: number): readonly BlockDraft[] =>
    names.flatMap((name) =>
      slices(program.inputs[name]?.[batch] ?? [], program.shardsOf?.[batch] ?? layout.shards).flatMap((slice, shard) =>
        cut(slice, random).flatMap((records) => {
          const run = openReceive(plan, name, shardName(name, shard, layout), { tables, optimistic: false })
          records.forEach((record, n) =>
            run.push(
              { data: encode(record), partitionKey: '', sequenceNumber: `${batch}${n}`, index: 0, arrivalMs: batch * program.intervalMs },
              (batch + 1) * program.intervalMs,
            ),
          )
          const { blocks, deadLetters: dead } = run.finish()
          deadLetters.push(...dead)
          return blocks
        }),
      ),
    )

  for (let batch = 0; batch < program.batches && error === undefined; batch++) {
    const time = (batch + 1) * program.intervalMs
    const blocks = [...receive(batch)]
    if (layout.silence === 'skip' && blocks.length === 0 && (due === null || due > time)) {
      for (const name of watched) outputs[name]?.push([])
      continue
    }
    due = null
    const yielded = new Map<string, unknown[]>()
    try {
      for (const stage of plan.stages) {
        for (let partition = 0; partition < stage.partitions; partition++) {
          const name = `${stage.uid}/${partition}`
          const state = states.get(name) ?? PartitionState.empty(plan)
          states.set(name, state)
          const rows = (exchange: string): readonly unknown[] =>
            blocks.filter((b) => b.exchange === exchange && b.partition === partition).flatMap((b) => decodeRows(b.data))
          const input = new Map(stage.reads.map((exchange) => [exchange.uid, rows(exchange.uid)]))
          const draft = computeTask(plan, { stage: stage.uid, partition, time, previousTime: time - program.intervalMs, input, skip: new Set() }, state, tables)
          state.apply(decodeChanges(draft.changes))
          committed.set(name, [...(committed.get(name) ?? []), draft.changes])
          blocks.push(...draft.blocks)
          deadLetters.push(...draft.deadLetters)
          for (const output of draft.outputs)
            yielded.set(output.operator, [...(yielded.get(output.operator) ?? []), ...(output.data.length === 0 ? [] : decodeRows(output.data))])
          if (draft.nextDue !== null) due = Math.min(due ?? Infinity, draft.nextDue)
        }
      }
    } catch (cause) {
      error = { batch: batch + 1, message: cause instanceof Error ? cause.message : String(cause) }
      break
    }
    for (const name of watched) outputs[name]?.push(yielded.get(`out-${name}`) ?? null)
    if (program.restartAfter?.includes(batch + 1) === true) {
      states = new Map()
      for (const [name, changes] of committed) {
        const state = PartitionState.empty(plan)
        for (const change of changes) state.apply(decodeChanges(change))
        states.set(name, state)
      }
    }
  }
  const partitions = Object.fromEntries(
    watched.map((name) => [name, plan.stages.find((stage) => stage.outputs.some((o) => plan.uids.get(o) === `out-${name}`))?.partitions ?? 0]),
  )
  return { outputs, partitions, deadLetters, error, silence: false }
}

/** Spark's parallelize: contiguous slices. */
function slices(rows: readonly unknown[], n: number): readonly (readonly unknown[])[] {
  return Array.from({ length: n }, (_, i) => rows.slice(Math.floor((i * rows.length) / n), Math.floor(((i + 1) * rows.length) / n)))
}

function cut(rows: readonly unknown[], random: () => number): readonly (readonly unknown[])[] {
  const parts: unknown[][] = [[]]
  for (const row of rows) {
    if (random() < 0.3) parts.push([])
    parts.at(-1)?.push(row)
  }
  return parts.filter((part) => part.length > 0)
}

/** In Spark's own layout slice i goes to partition i: a shard whose name hashes there. */
function shardName(stream: string, shard: number, layout: Layout): string {
  for (let i = 0; ; i++) {
    const name = `shard-${shard}-${i}`
    if (!layout.native || hashKey(`${stream}/${name}`) % layout.numPartitions === shard) return name
  }
}
