// Runs a job's plan without logs, ports or faults: what the planner and the operators alone do, batch by batch.
import { encodeValue, decodeRows } from '../../lib/codec/rows.ts'
import type { Rows } from '../../lib/dstream/node.ts'
import type { Job } from '../../lib/program/job.ts'
import { loadTables } from '../../lib/program/load-tables.ts'
import type { DeadLetter, OutputDraft } from '../../lib/plan/compute.ts'
import { computeTask } from '../../lib/plan/compute-task.ts'
import { openReceive } from '../../lib/plan/open-receive.ts'
import { planJob } from '../../lib/plan/plan-job.ts'
import { decodeChanges } from '../../lib/state/changes.ts'
import { PartitionState } from '../../lib/state/partition-state.ts'

export interface PlanRun {
  /** Of each batch: its outputs with something in them, as text; foreachRDD rows as JSON lines. */
  readonly outputs: readonly { readonly time: number; readonly operator: string; readonly directory: string; readonly text: string }[]
  readonly deadLetters: readonly DeadLetter[]
  readonly nextDue: readonly (number | null)[]
}

/** Element i of a stream is what arrives in batch i + 1. Strings travel as text, anything else as JSON; queues bring their own elements. */
export async function runPlan(
  job: Job,
  input: { readonly [stream: string]: readonly (readonly unknown[])[] },
  options: { readonly numPartitions?: number; readonly shards?: number; readonly batches?: number } = {},
): Promise<PlanRun> {
  const plan = planJob(job, options)
  const tables = await loadTables(plan.tables)
  const states = new Map<string, PartitionState>()
  const outputs: PlanRun['outputs'][number][] = []
  const deadLetters: DeadLetter[] = []
  const nextDue: (number | null)[] = []
  const element = (stream: string, i: number): Rows =>
    plan.inputs.find((x) => x.stream === stream)?.queue?.[i]?.map((x) => ({ queued: x })) ?? input[stream]?.[i] ?? []
  const bytes = (x: unknown): Uint8Array =>
    typeof x === 'string'
      ? Buffer.from(x)
      : x instanceof Uint8Array
        ? x
        : typeof x === 'object' && x !== null && 'queued' in x
          ? encodeValue(x.queued)
          : Buffer.from(JSON.stringify(x))
  const streams = [...new Set(plan.inputs.map((x) => x.stream))]
  const shards = options.shards ?? 1
  const last = options.batches ?? Math.max(...streams.map((s) => plan.inputs.find((x) => x.stream === s)?.queue?.length ?? input[s]?.length ?? 0))
  for (let i = 0; i < last; i++) {
    const time = (i + 1) * plan.intervalMs
    const rows = new Map<string, unknown[]>()
    const take = (exchange: string, partition: number, data: Uint8Array): void => {
      const key = `${exchange} ${partition}`
      rows.set(key, [...(rows.get(key) ?? []), ...decodeRows(data)])
    }
    for (const stream of streams) {
      for (let shard = 0; shard < shards; shard++) {
        const run = openReceive(plan, stream, `shard-${shard}`, { tables, optimistic: false })
        element(stream, i).forEach((x, n) => {
          if (n % shards === shard)
            run.push(
              { data: Buffer.from(bytes(x)).toString('base64'), partitionKey: 'k', sequenceNumber: String(i * 1000 + n), index: 0, arrivalMs: time - 1 },
              time,
            )
        })
        const { blocks, deadLetters: dead } = run.finish()
        deadLetters.push(...dead)
        for (const block of blocks) take(block.exchange, block.partition, block.data)
      }
    }
    let due: number | null = null
    for (const stage of plan.stages) {
      for (let partition = 0; partition < stage.partitions; partition++) {
        const name = `${stage.uid}/${partition}`
        const state = states.get(name) ?? PartitionState.empty(plan)
        states.set(name, state)
        const mine = new Map(stage.reads.map((x) => [x.uid, rows.get(`${x.uid} ${partition}`) ?? []]))
        const draft = computeTask(
          plan,
          { stage: stage.uid, partition, time, previousTime: time - plan.intervalMs, input: mine, skip: new Set() },
          state,
          tables,
        )
        state.apply(decodeChanges(draft.changes))
        for (const block of draft.blocks) take(block.exchange, block.partition, block.data)
        deadLetters.push(...draft.deadLetters)
        outputs.push(...draft.outputs.map((o) => ({ time, operator: o.operator, directory: o.directory, text: textOf(o) })))
        if (draft.nextDue !== null) due = Math.min(due ?? Infinity, draft.nextDue)
      }
    }
    nextDue.push(due)
  }
  return { outputs, deadLetters, nextDue }
}

function textOf(output: OutputDraft): string {
  if (output.data.length === 0) return ''
  return output.kind === 'rows'
    ? decodeRows(output.data)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join('')
    : Buffer.from(output.data).toString()
}
