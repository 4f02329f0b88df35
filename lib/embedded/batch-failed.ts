import { MillraceError } from '../values/errors.ts'
import type { Failure } from '../runtime/task/failure.ts'
import { shellQuote } from '../values/shell-quote.ts'
import { DEFAULTS, MAX_ATTEMPTS } from './embedded-options.ts'

export interface FailedBatch {
  /** Its number in the batch log, as _SUCCESS and `millrace status` have it. */
  readonly batch: number
  readonly timeMs: number
  readonly failure: Failure
  /** Of the job, for the command that goes on. */
  readonly file: string | undefined
  readonly state: string
}

/** Returns the error that ends a run: which batch, which operator, why, and what to do. */
export function batchFailed({ batch, timeMs, failure, file, state }: FailedBatch): MillraceError {
  return new MillraceError(
    'OPERATOR_FAILED',
    `batch ${batch} (time ${timeMs} ms, ${new Date(timeMs).toISOString()}) has failed ${MAX_ATTEMPTS} times in operator '${failure.operator}': ${failure.message}\nNothing is lost. Mend the program and start the run again: it goes on with this batch. Or let it go on without this operator in this batch:\n  ${skipLine(file, state)}`,
  )
}

/** Returns the command that goes on without an operator. */
export function skipLine(file: string | undefined, state: string): string {
  return `npx millrace skip ${shellQuote(file ?? 'FILE')}${state === DEFAULTS.state ? '' : ` --state ${shellQuote(state)}`}`
}
