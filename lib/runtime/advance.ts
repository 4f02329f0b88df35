import type { BatchEntry, Told } from './entry.ts'
import { batchEntry } from './batch-head.ts'
import { count, timed, type Invocation } from './invocation.ts'
import { taskName } from './log-names.ts'
import type { ProgressItem } from './progress.ts'
import { writeSuccess } from './publish.ts'
import { runTask } from './task.ts'

export interface Batch {
  readonly number: number
  readonly entry: BatchEntry
}

export interface AdvanceOptions {
  readonly progress: ProgressItem | null
  /** The batch has rested: whatever is missing is run once more. */
  readonly again: boolean
  /** This process has just allocated the batch: nobody else can be at it, and should one be, the put tells. */
  readonly own?: boolean
  /** This process is closing the batch before. */
  readonly closing?: Promise<unknown> | undefined
  readonly told?: Told
}

/** A batch whose tasks are finished. Who is told must await `closed`: it fails where the batch could not be closed. */
export interface Finished {
  readonly batch: Batch
  /** What is known of it; `told` the others do not know before it is closed. */
  readonly progress: ProgressItem
  readonly told: Told
  /** Resolves to its progress once `_SUCCESS` is written and the others are told. */
  readonly closed: Promise<ProgressItem>
}

/** waiting: for tasks elsewhere, or for a failure to be mended. lost: somebody else is at it. */
export type Advanced = Finished | 'waiting' | 'lost'

export const NOTHING_TOLD: Told = { names: [], attributes: {} }

/** Whatever comes next in a batch: a task here, task messages, or its end. */
export async function advance(run: Invocation, batch: Batch, options: AdvanceOptions): Promise<Advanced> {
  const { progress, again, own = false, closing, told = NOTHING_TOLD } = options
  for (const [stage, partitions] of batch.entry.tasks) {
    const missing = Array.from({ length: partitions }, (_, r) => r).filter((r) => !isDone(progress, told, taskName(stage, r)))
    if (missing.length === 0) continue
    if (partitions === 1) return runTask(run, { batch, stage, partition: 0, progress, again, own, closing, told })
    if (told.names.length > 0) await tell(run, batch, told)
    for (const partition of missing) await run.ports.messages.send({ kind: 'task', batch: batch.number, stage, partition, again }, 0)
    return 'waiting'
  }
  const known = withTold(progress, told)
  const closed = close(run, batch, { known, told, closing })
  // Whoever gets it awaits it; an error before that is not one that nobody handles.
  closed.catch(() => {})
  return { batch, progress: known, told, closed }
}

function isDone(progress: ProgressItem | null, told: Told, name: string): boolean {
  return progress?.names.has(name) === true || told.names.includes(name)
}

function withTold(progress: ProgressItem | null, { names, attributes }: Told): ProgressItem {
  return {
    names: new Set([...(progress?.names ?? []), ...names]),
    attributes: new Map([...(progress?.attributes ?? []), ...Object.entries(attributes)]),
    atMs: progress?.atMs ?? 0,
  }
}

interface Closing {
  readonly known: ProgressItem
  readonly told: Told
  readonly closing: Promise<unknown> | undefined
}

async function close(run: Invocation, batch: Batch, { known, told, closing }: Closing): Promise<ProgressItem> {
  await closeBefore(run, batch, closing)
  await timed(run, 'success', () => writeSuccess(run, batch, [...known.names]))
  const progress = await tell(run, batch, { ...told, names: [...told.names, 'finish'] })
  count(run, 'finished')
  run.observe({ event: 'batch', batch: batch.number, time: batch.entry.time, delayMs: run.now() - batch.entry.time })
  return progress
}

/** Returns once the batch before is closed. `closing`: this process is at it; otherwise what its process has not told stands in this batch's entry. */
async function closeBefore(run: Invocation, batch: Batch, closing: Promise<unknown> | undefined): Promise<void> {
  if (closing !== undefined) return void (await closing)
  const { closes } = batch.entry
  const number = batch.number - 1
  if (closes === undefined) return
  const progress = await run.ports.progress.get(number)
  const entry = progress?.names.has('finish') === true ? null : await batchEntry(run, number)
  if (entry === null) return
  count(run, 'closedForOthers')
  await close(run, { number, entry }, { known: withTold(progress, closes), told: closes, closing: undefined })
}

/** Tells the others what is finished, and learns what they have. */
export async function tell(run: Invocation, batch: Batch, { names, attributes }: Told): Promise<ProgressItem> {
  const now = run.now()
  count(run, 'writeUnits')
  const item = await run.ports.progress.add(batch.number, { names, attributes, atMs: now, expiresAtMs: now + run.settings.retentionMs })
  if (item === null) throw new Error('an unconditional update was refused')
  return item
}
