import type { ProgressItem } from '../ports/progress.ts'
import { taskName } from './log-names.ts'

/** Attributes: `due/<task>`, the next batch time at which the task has something to do without input; `done/<stage>`, when one of its tasks was finished last. */
export const DUE = 'due/'
export const DONE = 'done/'
/** The name that a batch has when `_SUCCESS` is written. */
export const FINISH = 'finish'

/** A task whose entry holds blocks that nobody in the batch reads: the program has changed meanwhile. `left <stage>/<partition>`. */
export const LEFT = 'left '

/** Returns the tasks that have left blocks to the batch after theirs. */
export function leavers(progress: ProgressItem | null): readonly (readonly [stage: string, partition: number])[] {
  return [...(progress?.names ?? [])]
    .filter((name) => name.startsWith(LEFT))
    .sort()
    .map((name) => [name.slice(LEFT.length, name.lastIndexOf('/')), Number(name.slice(name.lastIndexOf('/') + 1))] as const)
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
