import type { BatchEntry, Told } from './entry.ts'
import { batchEntry } from './batch-head.ts'
import { count, timed, type Invocation } from './invocation.ts'
import { FINISH, isFinished, missingPartitions, type ProgressItem } from './progress.ts'
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
  readonly closing?: Promise<void> | undefined
  readonly told?: Told
}

/** A batch whose tasks are finished. Who is told must await `closed`: it fails where the batch could not be closed. */
export interface Finished {
  readonly batch: Batch
  /** What is known of it; `told` the others do not know before it is closed. */
  readonly progress: ProgressItem
  readonly told: Told
  /** Resolves once `_SUCCESS` is written and the others are told. */
  readonly closed: Promise<void>
}

/** waiting: for tasks elsewhere, or for a failure to be mended. lost: somebody else is at it. */
export type Advanced = Finished | 'waiting' | 'lost'

export const NOTHING_TOLD: Told = { names: [], attributes: {} }

/** Whatever comes next in a batch: a task here, task messages, or its end. */
export async function advance(run: Invocation, batch: Batch, options: AdvanceOptions): Promise<Advanced> {
  const { again, closing, told = NOTHING_TOLD } = options
  const progress = withTold(options.progress, told)
  for (const [stage, partitions] of batch.entry.tasks) {
    const missing = missingPartitions(progress, stage, partitions)
    if (missing.length === 0) continue
    if (partitions === 1) return runTask(run, { ...options, batch, stage, partition: 0 })
    if (told.names.length > 0) await tell(run, batch, told)
    for (const partition of missing) await run.ports.messages.send({ kind: 'task', batch: batch.number, stage, partition, again }, 0)
    return 'waiting'
  }
  const closed = close(run, batch, { progress, told, closing })
  // Whoever gets it awaits it; an error before that is not one that nobody handles.
  closed.catch(() => {})
  return { batch, progress, told, closed }
}

function withTold(progress: ProgressItem | null, { names, attributes }: Told): ProgressItem {
  return {
    names: new Set([...(progress?.names ?? []), ...names]),
    attributes: new Map([...(progress?.attributes ?? []), ...Object.entries(attributes)]),
    atMs: progress?.atMs ?? 0,
  }
}

interface Closing {
  readonly progress: ProgressItem
  readonly told: Told
  readonly closing: Promise<void> | undefined
}

async function close(run: Invocation, batch: Batch, { progress, told, closing }: Closing): Promise<void> {
  await closeBefore(run, batch, closing)
  await timed(run, 'success', () => writeSuccess(run, batch, [...progress.names]))
  await tell(run, batch, { ...told, names: [...told.names, FINISH] })
  count(run, 'finished')
  run.observe({ event: 'batch', batch: batch.number, time: batch.entry.time, delayMs: run.now() - batch.entry.time })
}

/** Returns once the batch before is closed. `closing`: this process is at it; otherwise what its process has not told stands in this batch's entry. */
async function closeBefore(run: Invocation, batch: Batch, closing: Promise<void> | undefined): Promise<void> {
  if (closing !== undefined) return closing
  const { closes } = batch.entry
  const number = batch.number - 1
  if (closes === undefined) return
  const progress = await run.ports.progress.get(number)
  const entry = isFinished(progress) ? null : await batchEntry(run, number)
  if (entry === null) return
  count(run, 'closedForOthers')
  await close(run, { number, entry }, { progress: withTold(progress, closes), told: closes, closing: undefined })
}

/** Tells the others what is finished, and learns what they have. */
export async function tell(run: Invocation, batch: Batch, { names, attributes }: Told): Promise<ProgressItem> {
  const now = run.now()
  count(run, 'writeUnits')
  const item = await run.ports.progress.add(batch.number, { names, attributes, atMs: now, expiresAtMs: now + run.settings.retentionMs })
  if (item === null) throw new Error('an unconditional update was refused')
  return item
}
