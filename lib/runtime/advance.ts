import type { BatchEntry } from './entry.ts'
import { count, timed, type Invocation } from './invocation.ts'
import { taskName } from './log-names.ts'
import type { ProgressItem } from './progress.ts'
import { writeSuccess } from './publish.ts'
import { runTask } from './task.ts'

export interface Batch {
  readonly number: number
  readonly entry: BatchEntry
}

/** What this process has finished in a batch and not told anybody yet. */
export interface Told {
  readonly names: readonly string[]
  readonly due: Readonly<Record<string, number | null>>
}

export interface AdvanceOptions {
  readonly progress: ProgressItem | null
  /** The batch has rested: whatever is missing is run once more. */
  readonly again: boolean
  /** This process has just allocated the batch. */
  readonly own?: boolean
  readonly told?: Told
}

/** finished: the batch is. waiting: for tasks elsewhere, or for a failure to be mended. lost: somebody else is at it. */
export type Advanced = 'finished' | 'waiting' | 'lost'

export const NOTHING_TOLD: Told = { names: [], due: {} }

/** Whatever comes next in a batch: a task here, task messages, or its end. */
export async function advance(run: Invocation, batch: Batch, { progress, again, own = false, told = NOTHING_TOLD }: AdvanceOptions): Promise<Advanced> {
  for (const [stage, partitions] of batch.entry.tasks) {
    const missing = Array.from({ length: partitions }, (_, r) => r).filter((r) => !isDone(progress, told, taskName(stage, r)))
    if (missing.length === 0) continue
    if (partitions === 1) return runTask(run, { batch, stage, partition: 0, progress, again, own, told })
    if (told.names.length > 0) await tell(run, batch, told)
    for (const partition of missing) await run.ports.messages.send({ kind: 'task', batch: batch.number, stage, partition, again }, 0)
    return 'waiting'
  }
  await timed(run, 'success', () => writeSuccess(run, batch, [...(progress?.names ?? []), ...told.names]))
  run.memory.finished = { number: batch.number, progress: await tell(run, batch, { ...told, names: [...told.names, 'finish'] }) }
  count(run, 'finished')
  run.observe({ event: 'batch', batch: batch.number, time: batch.entry.time, delayMs: run.now() - batch.entry.time })
  return 'finished'
}

function isDone(progress: ProgressItem | null, told: Told, name: string): boolean {
  return progress?.names.has(name) === true || told.names.includes(name)
}

/** Tells the others what is finished, and learns what they have. */
export async function tell(run: Invocation, batch: Batch, told: Told): Promise<ProgressItem> {
  const now = run.now()
  const attributes = Object.fromEntries(Object.entries(told.due).map(([name, due]) => [`due/${name}`, due]))
  count(run, 'writeUnits')
  const item = await run.ports.progress.add(batch.number, { names: told.names, attributes, atMs: now, expiresAtMs: now + run.settings.retentionMs })
  if (item === null) throw new Error('an unconditional update was refused')
  return item
}
