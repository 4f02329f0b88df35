import type { Batch } from './advance.ts'
import { failureOf } from './failure.ts'
import type { Invocation } from './invocation.ts'
import { BATCH_LOG } from './log-names.ts'
import type { ProgressItem } from './progress.ts'
import { find } from './read-log.ts'
import { STRAGGLER_MS } from './settings.ts'

/** The attribute of progress that says when a batch was taken up once more. */
export const AGAIN = 'again'
/** Batches whose times are looked at, and how many must be known to judge by them. */
const SAMPLES = 9
const MIN_SAMPLES = 3
/** Of the time-out of a task, as long as there are no batches to judge by. */
const UNKNOWN = 1 / 4
/** So many times the median is no longer the usual spread, but something stuck. */
const FACTOR = 4

/**
 * Returns how long a batch may rest before what is missing of it is run once more: a few times what the batches before took, once. After that,
 * and after a failure, it is the time-out of a task.
 */
export async function patienceMs(run: Invocation, batch: Batch, progress: ProgressItem | null): Promise<number> {
  const { taskTimeoutMs } = run.settings
  if (failureOf(progress) !== null || progress?.attributes.has(AGAIN) === true) return taskTimeoutMs
  const first = Math.max(0, batch.number - SAMPLES)
  const numbers = Array.from({ length: batch.number - first }, (_, i) => first + i)
  // They may have expired: then there is less to judge by.
  const samples = await Promise.all(
    numbers.map(async (n) => {
      const [entry, item] = await Promise.all([find(run, 'batch', { log: BATCH_LOG, n }, { consistent: false }), run.ports.progress.get(n)])
      return entry !== null && item?.names.has('finish') === true ? [item.atMs - entry.at] : []
    }),
  )
  const took = samples.flat().sort((a, b) => a - b)
  const median = took[Math.floor(took.length / 2)]
  const usual = median === undefined || took.length < MIN_SAMPLES ? taskTimeoutMs * UNKNOWN : FACTOR * median
  return Math.min(taskTimeoutMs, Math.max(STRAGGLER_MS, usual))
}
