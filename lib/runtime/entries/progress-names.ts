import type { ProgressItem } from '../ports/progress.ts'
import { taskName } from './log-names.ts'

/** Attributes: `due/<task>`, the next batch time at which the task has something to do without input; `done/<stage>`, when one of its tasks was finished last. */
export const DUE = 'due/'
export const DONE = 'done/'
/** The name that a batch has when `_SUCCESS` is written. */
export const FINISH = 'finish'

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
