import { decodeRows } from '../codec/rows.ts'
import { decodePlot } from '../output/plot.ts'
import { toJson } from '../values/to-json.ts'
import type { BatchEntry, Output, TaskEntry } from '../runtime/entries/entry.ts'
import { failureOf, type Failure } from '../runtime/task/failure.ts'
import { BATCH_LOG, fileName, taskLog } from '../runtime/entries/log-names.ts'
import type { Objects } from '../runtime/ports/objects.ts'
import type { Ports } from '../runtime/runtime.ts'
import { readBytes, wholeObject } from '../runtime/logs/spill.ts'
import { EntryReader } from './entry-reader.ts'
import type { Pace } from './pace.ts'
import { isFinished } from '../runtime/entries/progress-names.ts'

/** Between two looks at the log, ms. */
const POLL_MS = 1_000
/** Of a file that lies in an object, so much is read when only its first rows are wanted. */
const HEAD_BYTES = 64 * 1024

/** What somebody who watches a job sees, in the order in which it was committed. */
export type WatchEvent =
  /** The first event: with which batch it begins; null: there is none yet. */
  | { readonly event: 'watching'; readonly job: string; readonly batch: number | null }
  | {
      readonly event: 'output'
      readonly batch: number
      readonly timeMs: number
      readonly stage: string
      readonly partition: number
      readonly operator: string
      /** file: of saveAs...Files. rows: for foreachRDD. print: what print writes. plot: rows of the dashboard. */
      readonly kind: 'file' | 'rows' | 'print' | 'plot'
      /** Of a file: its name in the bucket; else ''. */
      readonly file: string
      /** Rows in all; `lines` may be fewer. */
      readonly rows: number
      readonly lines: readonly string[]
    }
  | { readonly event: 'stuck'; readonly batch: number; readonly timeMs: number; readonly failure: Failure }

export interface WatchRequest {
  readonly job: string
  readonly outputPrefix: string
  readonly ports: Pick<Ports, 'log' | 'progress' | 'objects'>
  readonly pace: Pace
  /** Committed batches to begin with. */
  readonly last: number
  /** Lines of an output that are wanted. */
  readonly maxLines: number
  /** When to stop, epoch ms. */
  readonly untilMs: number
}

/** Yields the outputs of a job's batches as they are committed, batch after batch, until the time is over. Empty outputs are left out. */
export async function* watchOutputs(request: WatchRequest): AsyncGenerator<WatchEvent> {
  const { ports, pace, untilMs } = request
  const reader = new EntryReader(ports.log)
  const head = await reader.newest('batch', BATCH_LOG)
  const first = Math.max(0, (head?.n ?? -1) + 1 - request.last)
  yield { event: 'watching', job: request.job, batch: head === null ? null : first }
  for (let number = first; ; number++) {
    let batch: BatchEntry | null
    while ((batch = await reader.get('batch', { log: BATCH_LOG, n: number })) === null) {
      if (pace.now() >= untilMs) return
      await pace.sleep(POLL_MS)
    }
    yield* watchBatch(request, reader, number, batch)
    if (pace.now() >= untilMs) return
  }
}

async function* watchBatch(request: WatchRequest, reader: EntryReader, number: number, batch: BatchEntry): AsyncGenerator<WatchEvent> {
  const { ports, pace, untilMs } = request
  let missing = batch.tasks.flatMap(([stage, partitions]) => Array.from({ length: partitions }, (_, partition) => ({ stage, partition })))
  let attempts = 0
  for (;;) {
    const entries = await reader.many(
      'task',
      missing.map(({ stage, partition }) => ({ log: taskLog(stage, partition), n: number })),
    )
    for (const [i, entry] of entries.entries()) {
      const task = missing[i]
      if (entry !== null && task !== undefined) yield* outputsOf(request, { ...task, number, batch, entry })
    }
    missing = missing.filter((_, i) => entries[i] === null)
    // A foreachRDD fails after its task is committed: the batch is done only when progress says so.
    const progress = await ports.progress.get(number)
    if (missing.length === 0 && isFinished(progress)) return
    const failure = failureOf(progress)
    if (failure !== null && failure.attempts > attempts) {
      attempts = failure.attempts
      yield { event: 'stuck', batch: number, timeMs: batch.time, failure }
    }
    if (pace.now() >= untilMs) return
    await pace.sleep(POLL_MS)
  }
}

async function* outputsOf(
  { ports, outputPrefix, maxLines }: WatchRequest,
  {
    number,
    batch,
    stage,
    partition,
    entry,
  }: { readonly number: number; readonly batch: BatchEntry; readonly stage: string; readonly partition: number; readonly entry: TaskEntry },
): AsyncGenerator<WatchEvent> {
  for (const output of entry.outputs) {
    if (output.rows === 0) continue
    const name = fileName(output, partition)
    const file = name === '' ? '' : `${outputPrefix}${name}`
    const { operator, kind, rows } = output
    const lines = await linesOf(ports.objects, output, maxLines)
    yield { event: 'output', batch: number, timeMs: batch.time, stage, partition, operator, kind, file, rows, lines }
  }
}

/** Returns the first rows of an output as lines of text. */
export async function linesOf(objects: Objects, { kind, data }: Output, maxLines: number): Promise<readonly string[]> {
  if (kind === 'plot')
    return decodePlot(await readBytes({ ports: { objects } }, data))
      .rows.slice(0, maxLines)
      .map(toJson)
  if (kind === 'rows')
    return decodeRows(await readBytes({ ports: { objects } }, data))
      .slice(0, maxLines)
      .map(toJson)
  const object = wholeObject(data)
  const cut = object !== undefined && Number.isFinite(maxLines) && 'length' in data && data.length > HEAD_BYTES
  const bytes = cut ? await objects.get(object, { offset: 0, length: HEAD_BYTES }) : await readBytes({ ports: { objects } }, data)
  const lines = Buffer.from(bytes ?? [])
    .toString()
    .split('\n')
  // What follows the last newline: nothing, or a line that was cut.
  return lines.slice(0, -1).slice(0, kind === 'print' ? undefined : maxLines)
}
