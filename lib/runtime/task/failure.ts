import { describeError } from '../../values/describe-error.ts'
import type { OperatorError } from '../../values/errors.ts'
import { placeOf } from '../../values/place-of.ts'
import type { Batch } from '../entries/batch.ts'
import type { Told } from '../entries/entry.ts'
import type { Failure } from '../entries/figures.ts'
import { count, type Invocation } from '../invocation.ts'
import type { ProgressItem } from '../ports/progress.ts'

export type { Failure }

const FAILED = 'failed'
/** An item is read as a whole at every tick: the message need not be longer. */
const MAX_MESSAGE = 2_000

/** Returns what stopped a batch; null when nothing has. */
export function failureOf(progress: ProgressItem | null): Failure | null {
  const failed = progress?.attributes.get(FAILED)
  return typeof failed === 'string' ? (JSON.parse(failed) as Failure) : null
}

/** Writes down that an operator threw. The batch is taken up again after X, or at once: see whyAgain. */
export async function recordFailure(
  run: Invocation,
  batch: Batch,
  { task, told, error }: { readonly task: string; readonly told: Told; readonly error: OperatorError },
): Promise<void> {
  const before = failureOf(await run.ports.progress.get(batch.number))
  // Counted by batch: several partitions may fail in different operators, again and again.
  const attempts = (before?.attempts ?? 0) + 1
  // Where the program threw it.
  const place = placeOf(describeError(error.cause).stack)
  const message = error.message.slice(0, MAX_MESSAGE) + (place === undefined ? '' : ` (${place})`)
  const failure: Failure = { task, operator: error.operator, message, attempts, deploy: run.deploy }
  const now = run.now()
  count(run, 'writeUnits')
  await run.ports.progress.add(batch.number, {
    names: told.names,
    attributes: { ...told.attributes, [FAILED]: JSON.stringify(failure) },
    atMs: now,
    expiresAtMs: now + run.settings.retentionMs,
  })
  count(run, 'failures')
  run.observe({ event: 'failed', batch: batch.number, time: batch.entry.time, ...failure })
}
