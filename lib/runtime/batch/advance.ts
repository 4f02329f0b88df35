import { NOTHING_TOLD, joinTold, type Batch } from '../entries/batch.ts'
import type { Told } from '../entries/entry.ts'
import { batchEntry } from '../logs/batch-head.ts'
import { count, timed, type Invocation } from '../invocation.ts'
import { toldOutputs } from '../entries/told-outputs.ts'
import { DONE, FINISH, isFinished, missingPartitions } from '../entries/progress-names.ts'
import type { ProgressItem } from '../ports/progress.ts'
import type { ClosedBatch } from '../runtime.ts'
import { writeSuccess } from '../task/publish.ts'
import { runTask } from '../task/task.ts'

export interface AdvanceOptions {
  readonly progress: ProgressItem | null
  /** The batch has rested: whatever is missing is run once more. */
  readonly again: boolean
  /** This process has just allocated the batch: nobody else can be at it, and should one be, the put tells. */
  readonly own?: boolean
  /** This process is closing the batch before. */
  readonly closing?: Promise<void> | undefined
  /** The task that a message names: it is run before anything is looked for. */
  readonly first?: TaskStep
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

export interface TaskStep {
  readonly stage: string
  readonly partition: number
}

/** What comes next in a batch: a task here, messages for tasks anywhere, or its end. */
type Step = { readonly run: TaskStep } | { readonly send: readonly TaskStep[] } | 'close'

/** Sees a batch through as far as this process may: takes its next step, and looks again. */
export async function advance(run: Invocation, batch: Batch, { again, closing, first, ...options }: AdvanceOptions): Promise<Advanced> {
  let { progress, own = false } = options
  // What is finished here and not told yet: consecutive stages of one partition tell once.
  let told = NOTHING_TOLD
  let step: Step = first === undefined ? nextStep(batch, progress) : { run: first }
  while (step !== 'close') {
    if ('send' in step) {
      if (told.names.length > 0) await tell(run, batch, told)
      for (const task of step.send) await run.ports.messages.send({ kind: 'task', batch: batch.number, ...task, again }, 0)
      return 'waiting'
    }
    const { stage } = step.run
    const end = await runTask(run, { ...step.run, batch, again, own, progress, before: told })
    if (end === 'lost') return 'lost'
    if (end === 'failed') return 'waiting'
    told = joinTold(told, end)
    const partitions = batch.entry.tasks.find(([uid]) => uid === stage)?.[1] ?? 1
    if (partitions > 1) {
      const all = told
      progress = await timed(run, 'tell', () => tell(run, batch, all))
      if (missingPartitions(progress, stage, partitions).length > 0) return 'waiting'
      told = NOTHING_TOLD
      own = false
    }
    step = nextStep(batch, withTold(progress, told))
  }
  const known = withTold(progress, told)
  const closed = close(run, batch, { progress: known, told, closing })
  // Whoever gets it awaits it; an error before that is not one that nobody handles.
  closed.catch(() => {})
  return { batch, progress: known, told, closed }
}

function nextStep({ entry }: Batch, progress: ProgressItem | null): Step {
  for (const [stage, partitions] of entry.tasks) {
    const missing = missingPartitions(progress, stage, partitions)
    if (missing.length === 0) continue
    return partitions === 1 ? { run: { stage, partition: 0 } } : { send: missing.map((partition) => ({ stage, partition })) }
  }
  return 'close'
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
  const { completed } = run
  if (completed !== undefined) await timed(run, 'listeners', () => completed(closedBatch(batch, progress)))
  await tell(run, batch, { ...told, names: [...told.names, FINISH] })
  count(run, 'finished')
  run.observe({ event: 'batch', batch: batch.number, time: batch.entry.time, delayMs: run.now() - batch.entry.time, ...figuresOf(batch, progress) })
}

function closedBatch({ number, entry }: Batch, { names, attributes }: ProgressItem): ClosedBatch {
  const ends = entry.tasks.map(([stage]) => attributes.get(`${DONE}${stage}`)).filter((at) => typeof at === 'number')
  return {
    batch: number,
    timeMs: entry.time,
    allocatedMs: entry.at,
    computedMs: Math.max(entry.at, ...ends),
    records: entry.records ?? {},
    skipped: toldOutputs(names).skipped,
  }
}

/** What Spark says of a completed batch, for metrics. */
function figuresOf(batch: Batch, progress: ProgressItem): Readonly<Record<string, number>> {
  const { timeMs, allocatedMs, computedMs } = closedBatch(batch, progress)
  const { records } = batch.entry
  return {
    schedulingMs: Math.max(0, allocatedMs - timeMs),
    processingMs: computedMs - allocatedMs,
    outputRows: toldOutputs(progress.names).rows,
    ...(records === undefined ? {} : { records: Object.values(records).reduce((sum, n) => sum + n, 0) }),
  }
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
async function tell(run: Invocation, batch: Batch, { names, attributes }: Told): Promise<ProgressItem> {
  const now = run.now()
  count(run, 'writeUnits')
  const item = await run.ports.progress.add(batch.number, { names, attributes, atMs: now, expiresAtMs: now + run.settings.retentionMs })
  if (item === null) throw new Error('an unconditional update was refused')
  return item
}
