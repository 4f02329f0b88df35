import type { Invocation } from '../invocation.ts'
import { SKIP } from '../entries/skips.ts'
import type { ProgressItem } from '../ports/progress.ts'
import { failureOf, type Failure } from '../task/failure.ts'

/** The attribute of progress that names the attempt after which the next is wanted at once: `millrace retry`. */
export const RETRY = 'retry'
/** The attribute of progress that says whose deploy took the batch up last. */
export const AGAIN_BY = 'againBy'

/** Returns why a batch in which an operator failed need not rest: it is skipped, a retry was asked for, or the program was deployed anew since; null: it rests. */
export function whyAgain(run: Invocation, progress: ProgressItem | null): 'skip' | 'retry' | 'deploy' | null {
  const failure = failureOf(progress)
  if (failure === null || progress === null) return null
  if (isSkipped(failure, progress)) return 'skip'
  if (progress.attributes.get(RETRY) === failure.attempts) return 'retry'
  return lastTriedBy(failure, progress) < run.deploy ? 'deploy' : null
}

export function isSkipped({ operator }: Failure, { names }: ProgressItem): boolean {
  return names.has(`${SKIP}${operator}`)
}

/** Returns the deploy that has failed, or has taken the batch up since. */
export function lastTriedBy({ deploy = 0 }: Failure, { attributes }: ProgressItem): number {
  const by = attributes.get(AGAIN_BY)
  return Math.max(deploy, typeof by === 'number' ? by : 0)
}
