import { taskName } from './log-names.ts'

/** Attributes: `due/<task>`, the next batch time at which the task has something to do without input; `done/<stage>`, when one of its tasks was finished last. */
export const DUE = 'due/'
export const DONE = 'done/'
/** The name that a batch has when `_SUCCESS` is written. */
export const FINISH = 'finish'

export type ProgressValue = string | number | null

/** What is known of one batch: the only item that is ever updated. */
export interface ProgressItem {
  /** Finished tasks `<stage uid>/<r>`, `finish`, `skip/<operator uid>`, and the parts that tasks wrote. */
  readonly names: ReadonlySet<string>
  readonly attributes: ReadonlyMap<string, ProgressValue>
  /** When it was updated last, epoch ms, by the clock of who did it. */
  readonly atMs: number
}

export function isFinished(progress: ProgressItem | null): boolean {
  return progress?.names.has(FINISH) === true
}

/** Returns the partitions of a stage whose tasks are not finished. */
export function missingPartitions(progress: ProgressItem | null, stage: string, partitions: number): readonly number[] {
  return Array.from({ length: partitions }, (_, r) => r).filter((r) => progress?.names.has(taskName(stage, r)) !== true)
}

/** Returns the batch times at which tasks have something to do without input. */
export function dueTimes(progress: ProgressItem | null): readonly number[] {
  return [...(progress?.attributes ?? [])].flatMap(([name, at]) => (name.startsWith(DUE) && typeof at === 'number' ? [at] : []))
}

export interface ProgressUpdate {
  readonly names: readonly string[]
  readonly attributes: Readonly<Record<string, ProgressValue>>
  readonly atMs: number
  /** The update happens only if the item's `atMs` is still this (0: there is no item). */
  readonly ifAtMs?: number
  readonly expiresAtMs: number | null
}

export interface Progress {
  /** Strongly consistent. */
  get(batch: number): Promise<ProgressItem | null>
  /** Adds the names, sets the attributes and the time, and returns all of the item; null when `ifAtMs` did not hold. */
  add(batch: number, update: ProgressUpdate): Promise<ProgressItem | null>
}
