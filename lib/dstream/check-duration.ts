import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'

/** Returns the milliseconds of a positive Duration; throws for anything else. `what` names the argument. */
export function positiveMs(duration: unknown, what: string): number {
  const ms: unknown = typeof duration === 'object' && duration !== null ? (duration as { readonly milliseconds?: unknown }).milliseconds : undefined
  if (typeof ms !== 'number' || !Number.isSafeInteger(ms) || ms <= 0) {
    throw new MillraceError(
      'BAD_PROGRAM',
      `${what} is ${typeof ms === 'number' ? `${ms} ms` : describeValue(duration)}; it must be a Duration longer than 0 ms, for example seconds(10)`,
    )
  }
  return ms
}
