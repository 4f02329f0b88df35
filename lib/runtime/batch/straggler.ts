import type { Batch } from '../entries/batch.ts'
import type { BatchEntry } from '../entries/entry.ts'
import { failureOf } from '../task/failure.ts'
import type { Invocation } from '../invocation.ts'
import { BATCH_LOG } from '../entries/log-names.ts'
import { DONE, FINISH, isFinished, missingPartitions } from '../entries/progress-names.ts'
import type { ProgressItem } from '../ports/progress.ts'
import { find } from '../logs/read-log.ts'
import { STRAGGLER_MS } from '../settings.ts'

/** The attribute of progress that says when a batch was taken up once more. */
export const AGAIN = 'again'
/** Batches whose times are looked at, and how many must be known to judge by them. */
const SAMPLES = 9
const MIN_SAMPLES = 3
/** Of the time-out of a task, as long as there is nothing to judge by. */
const UNKNOWN = 1 / 4
/** So many times the median is no longer the usual spread, but something stuck. */
const FACTOR = 4

/**
 * Returns how long a batch may rest before what is missing of it is run once more: a few times what the same stages took in the batches before,
 * once. After that, and after a failure, it is the time-out of a task.
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
      return entry !== null && item !== null && isFinished(item) ? [stageTimes(entry, item)] : []
    }),
  )
  const usual = stagesAtWork(batch.entry, progress)
    .map((stage) => medianOf(samples.flat().flatMap((times) => times.get(stage) ?? [])))
    .reduce((sum, median) => sum + median, 0)
  return Math.min(taskTimeoutMs, Math.max(STRAGGLER_MS, Number.isNaN(usual) ? taskTimeoutMs * UNKNOWN : FACTOR * usual))
}

/** Returns how long each stage of a finished batch took until its last task was finished, and then its end (FINISH), in ms. */
function stageTimes(entry: BatchEntry, progress: ProgressItem): ReadonlyMap<string, number> {
  const times = new Map<string, number>()
  let before = entry.at
  for (const [stage, at] of [...entry.tasks.map(([uid]) => [uid, progress.attributes.get(`${DONE}${uid}`)] as const), [FINISH, progress.atMs] as const]) {
    if (typeof at !== 'number') continue
    times.set(stage, Math.max(0, at - before))
    before = Math.max(before, at)
  }
  return times
}

/** Returns the first stage that is not finished, and those that the same process goes on with before it says so. */
function stagesAtWork({ tasks }: BatchEntry, progress: ProgressItem | null): readonly string[] {
  const first = tasks.findIndex(([stage, partitions]) => missingPartitions(progress, stage, partitions).length > 0)
  if (first < 0) return [FINISH]
  const next = tasks.findIndex(([, partitions], i) => i >= first && partitions > 1)
  const stages = tasks.map(([stage]) => stage)
  return next < 0 ? [...stages.slice(first), FINISH] : stages.slice(first, Math.max(next, first + 1))
}

function medianOf(values: readonly number[]): number {
  return values.length < MIN_SAMPLES ? NaN : (values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN)
}
