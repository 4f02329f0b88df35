import type { BatchEntry } from '../runtime/entries/entry.ts'
import type { BatchFigures, TaskFigures } from '../runtime/entries/figures.ts'
import { BATCH_LOG, taskLog, taskName } from '../runtime/entries/log-names.ts'
import { DONE, isFinished } from '../runtime/entries/progress-names.ts'
import { toldOutputs } from '../runtime/entries/told-outputs.ts'
import type { ProgressItem } from '../runtime/ports/progress.ts'
import type { Ports } from '../runtime/runtime.ts'
import { failureOf } from '../runtime/task/failure.ts'
import type { BatchReader } from './batch-reader.ts'
import { EntryReader } from './entry-reader.ts'
import { inTurns } from './in-turns.ts'

/** Finished batches that are remembered. */
const MAX_KNOWN = 5_000

/** Reads what each batch did from the logs and from progress. A finished batch does not change any more, so it is read once. */
export class LogBatches implements BatchReader {
  readonly #reader: EntryReader
  readonly #progress: Pick<Ports['progress'], 'get'>
  readonly #wall: boolean
  readonly #known = new Map<number, BatchFigures>()

  /** `wall` false: the logs know stream time only, so there are no times to tell. */
  constructor(ports: Pick<Ports, 'log' | 'progress'>, { wall = true }: { readonly wall?: boolean } = {}) {
    this.#reader = new EntryReader(ports.log)
    this.#progress = ports.progress
    this.#wall = wall
  }

  async newest(): Promise<number> {
    return (await this.#reader.newest('batch', BATCH_LOG))?.n ?? -1
  }

  async range(from: number, to: number): Promise<readonly BatchFigures[]> {
    const numbers = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
    const wanted = numbers.filter((n) => !this.#known.has(n))
    const entries = await this.#reader.many(
      'batch',
      wanted.map((n) => ({ log: BATCH_LOG, n })),
    )
    const items = await inTurns(
      wanted.map((n, i) => ({ n, there: entries[i] !== null })),
      ({ n, there }) => (there ? this.#progress.get(n) : Promise.resolve(null)),
    )
    const fresh = new Map<number, BatchFigures>()
    wanted.forEach((n, i) => {
      const entry = entries[i]
      if (entry === null || entry === undefined) return
      const item = items[i] ?? null
      const figures = figuresOf(n, entry, item, this.#wall)
      if (isFinished(item)) this.#known.set(n, figures)
      fresh.set(n, figures)
    })
    for (const n of this.#known.keys()) if (this.#known.size > MAX_KNOWN && (n < from || n > to)) this.#known.delete(n)
    return numbers.flatMap((n) => this.#known.get(n) ?? fresh.get(n) ?? [])
  }

  async tasks(batch: number): Promise<readonly TaskFigures[]> {
    const entry = await this.#reader.get('batch', { log: BATCH_LOG, n: batch })
    if (entry === null) return []
    const tasks = entry.tasks.flatMap(([stage, partitions]) => Array.from({ length: partitions }, (_, partition) => ({ stage, partition })))
    const found = await this.#reader.many(
      'task',
      tasks.map(({ stage, partition }) => ({ log: taskLog(stage, partition), n: batch })),
    )
    return tasks.map((task, i): TaskFigures => {
      const done = found[i] ?? null
      return {
        ...task,
        beginMs: done?.figures === undefined || !this.#wall ? null : done.at - done.figures[0],
        endMs: done === null || !this.#wall ? null : done.at,
        rowsIn: done?.figures?.[1] ?? null,
        rowsOut: done === null ? null : [...done.blocks, ...done.outputs].reduce((sum, { rows }) => sum + rows, 0),
        changedKeys: done?.changedKeys ?? null,
        keys: null,
        stateBytes: done?.figures?.[2] ?? null,
      }
    })
  }
}

/** Returns what a batch's entry and its progress say. */
export function figuresOf(batch: number, entry: BatchEntry, progress: ProgressItem | null, wall: boolean): BatchFigures {
  const names = progress?.names ?? new Set<string>()
  const tasks = entry.tasks.flatMap(([stage, partitions]) => Array.from({ length: partitions }, (_, r) => taskName(stage, r)))
  const finished = isFinished(progress)
  const { rows, deadLetters, skipped } = toldOutputs(names)
  const ends = [...(progress?.attributes ?? [])].flatMap(([name, at]) => (name.startsWith(DONE) && typeof at === 'number' ? [at] : []))
  const time = (ms: number | null): number | null => (wall ? ms : null)
  return {
    batch,
    timeMs: entry.time,
    dueMs: time(entry.time),
    firstArrivalMs: null,
    allocatedMs: time(entry.at),
    computedMs: time(ends.length === 0 ? null : Math.max(...ends)),
    finishedMs: finished ? (progress?.atMs ?? null) : null,
    records: entry.records ?? null,
    tasks: tasks.length,
    tasksDone: finished ? tasks.length : tasks.filter((name) => names.has(name)).length,
    computeMs: null,
    outputRows: rows,
    keys: null,
    stateBytes: null,
    deadLetters,
    outputs: null,
    outputsDone: null,
    skipped,
    failure: finished ? null : failureOf(progress),
    deploy: entry.deploy,
  }
}
