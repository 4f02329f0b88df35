import { receiverLog, taskLog } from '../runtime/entries/log-names.ts'
import { sumOf } from '../runtime/entries/figures.ts'
import { EntryReader } from '../tools/entry-reader.ts'
import { readBatch } from '../tools/read-batch.ts'
import type { Access, ViewedJob } from './viewed-job.ts'

/** Batches over whose tasks shares of compute time are taken. */
const BATCHES = 20
/** Entries of receivers that are read for the rows of shuffles. */
const MAX_ENTRIES = 200

/** What flows through a program, for its picture. JSON-able. */
export interface Flow {
  /** The finished batch whose rows are told; null: there is none yet. */
  readonly batch: number | null
  readonly timeMs: number | null
  /** Rows of each shuffle in that batch. */
  readonly rows: Readonly<Record<string, number>>
  /** Milliseconds of each stage over the newest batches; empty: they are not known. */
  readonly computeMs: Readonly<Record<string, number>>
  readonly batches: number
  /** Records of each stream in that batch. */
  readonly records: Readonly<Record<string, number>>
  /** Keys of each operator with state. */
  readonly keys: Readonly<Record<string, number>>
}

/** Returns what flowed through each shuffle in the newest finished batch, and where time goes. */
export async function readFlow(job: ViewedJob, { ports, batches, status }: Access): Promise<Flow> {
  const newest = await batches.newest()
  const figures = (await batches.range(Math.max(0, newest - BATCHES), newest)).filter(({ finishedMs }) => finishedMs !== null)
  const last = figures.at(-1)
  const keys: Record<string, number> = {}
  for (const task of (await status()).tasks) for (const [uid, n] of Object.entries(task.operators)) keys[uid] = (keys[uid] ?? 0) + n
  if (last === undefined) return { batch: null, timeMs: null, rows: {}, computeMs: {}, batches: 0, records: {}, keys }
  const reader = new EntryReader(ports.log)
  const detail = await readBatch(ports, batches, last.batch, job)
  const rows: Record<string, number> = {}
  const add = (exchange: string, n: number): void => void (rows[exchange] = (rows[exchange] ?? 0) + n)
  const received = (detail?.inputs ?? [])
    .flatMap(({ stream, shard, from, to }) => Array.from({ length: to - from + 1 }, (_, i) => ({ log: receiverLog(stream, shard), n: from + i })))
    .slice(0, MAX_ENTRIES)
  for (const entry of await reader.many('receiver', received)) for (const block of entry?.blocks ?? []) add(block.exchange, block.rows)
  const done = (detail?.tasks ?? []).map(({ stage, partition }) => ({ log: taskLog(stage, partition), n: last.batch }))
  for (const entry of await reader.many('task', done)) for (const block of entry?.blocks ?? []) add(block.exchange, block.rows)
  const computeMs: Record<string, number> = {}
  for (const { batch } of figures) {
    for (const { stage, beginMs, endMs } of await batches.tasks(batch)) {
      if (beginMs !== null && endMs !== null) computeMs[stage] = sumOf([computeMs[stage] ?? 0, endMs - beginMs]) ?? 0
    }
  }
  return { batch: last.batch, timeMs: last.timeMs, rows, computeMs, batches: figures.length, records: last.records ?? {}, keys }
}
