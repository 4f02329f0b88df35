import type { Environment } from '../aws/environment.ts'
import { MillraceError } from '../values/errors.ts'
import { RETRY } from '../runtime/batch/asked-again.ts'
import { failureOf, type Failure } from '../runtime/task/failure.ts'
import { BATCH_LOG } from '../runtime/entries/log-names.ts'
import { heldUntil, skipOf } from '../runtime/entries/skips.ts'
import type { Ports } from '../runtime/runtime.ts'
import { EntryReader } from './entry-reader.ts'
import type { Pace } from './pace.ts'
import { isFinished } from '../runtime/entries/progress-names.ts'

const POLL_MS = 500

/** skip: without what failed, in this batch; retry: as it is, at once. */
export type Way = 'skip' | 'retry'

export interface AskedBatch {
  readonly batch: number
  readonly timeMs: number
  readonly way: Way
  /** What had stopped it. */
  readonly failure: Failure
  /** Until then windows hold rows of the batch, and may fail again; undefined: the job has no window. */
  readonly heldUntilMs: number | undefined
}

/** Says how long it is gone on without an operator, and where that is one batch only, how long windows hold what made it fail. */
export function describeSkip(
  { operator, timeMs, heldUntilMs }: { readonly operator: string; readonly timeMs: number; readonly heldUntilMs: number | undefined },
  untilMs: number | undefined,
  command: string,
): string {
  const batch = `the batch of ${new Date(timeMs).toISOString()}`
  if (untilMs !== undefined) return `${batch} and all before ${new Date(untilMs).toISOString()} go on without operator '${operator}'`
  const one = `${batch} goes on without operator '${operator}'`
  if (heldUntilMs === undefined) return one
  const until = new Date(heldUntilMs).toISOString()
  return `${one}\nwindows hold its rows until ${until}, for ${(heldUntilMs - timeMs) / 1000} s: where it fails again on them, leave it out of all of these batches: ${command} --until ${until}`
}

/** Asks for the batch that is stuck to go on. */
export async function goOn(
  way: Way,
  { job, retentionMs }: Pick<Environment, 'job' | 'retentionMs'>,
  ports: Pick<Ports, 'log' | 'progress' | 'messages'>,
  nowMs: number,
  untilMs?: number,
): Promise<AskedBatch> {
  const head = await new EntryReader(ports.log).newest('batch', BATCH_LOG)
  const progress = head === null ? null : await ports.progress.get(head.n)
  const failure = failureOf(progress)
  if (head === null || progress === null || failure === null || isFinished(progress))
    throw new MillraceError(
      'USAGE',
      `no operator has failed in the newest batch of job '${job}': there is nothing to ${way}; millrace status ${job} says how it is`,
    )
  // A name in a set, or the number of the attempt: done twice, or together with the batch's own progress, it is the same. The time stays, which says how long the batch has rested.
  const wish = way === 'skip' ? skipOf(failure.operator, head.entry, untilMs) : { names: [], attributes: { [RETRY]: failure.attempts } }
  await ports.progress.add(head.n, { ...wish, atMs: progress.atMs, expiresAtMs: nowMs + retentionMs })
  await ports.messages.send({ kind: 'tick' }, 0)
  return { batch: head.n, timeMs: head.entry.time, way, failure, heldUntilMs: heldUntil(head.entry, failure.operator) }
}

/** What became of a batch: finished; failed: again, in this; waiting: neither, when the time was over. */
export type Outcome = { readonly end: 'finished' } | { readonly end: 'failed'; readonly failure: Failure } | { readonly end: 'waiting' }

/** Waits until a batch is finished, or fails again: where an operator is skipped, in another. */
export async function awaitBatch(
  ports: Pick<Ports, 'progress'>,
  { batch, way, failure: before }: AskedBatch,
  { pace, timeoutMs }: { readonly pace: Pace; readonly timeoutMs: number },
): Promise<Outcome> {
  for (const untilMs = pace.now() + timeoutMs; ; await pace.sleep(POLL_MS)) {
    const progress = await ports.progress.get(batch)
    if (isFinished(progress)) return { end: 'finished' }
    const failure = failureOf(progress)
    if (failure !== null && (way === 'skip' ? failure.operator !== before.operator : failure.attempts > before.attempts)) return { end: 'failed', failure }
    if (pace.now() >= untilMs) return { end: 'waiting' }
  }
}
