import { MillraceError } from '../../values/errors.ts'
import { checkParameter } from '../vectors.ts'
import { checkFinite, type Detector } from './detector.ts'

/** Mean and variance in which older values count less and less. */
export interface ExponentialMoments {
  readonly mean: number
  readonly variance: number
}

/**
 * Returns the exponentially weighted mean and variance (T. Finch, "Incremental calculation of weighted mean and variance", 2009, section 9):
 *
 *     d = x - mean;  mean := mean + alpha d;  variance := (1 - alpha) (variance + alpha d^2)
 *
 * The first value is the mean. `halfLife`: after so many values one counts half as much: alpha = 1 - 2^(-1 / halfLife).
 */
export function exponential(options: { readonly alpha?: number; readonly halfLife?: number }): Detector<number, ExponentialMoments | null, ExponentialMoments> {
  const name = 'exponential'
  if (options.halfLife !== undefined) checkParameter(name, 'halfLife', options.halfLife, { above: 0 })
  if (options.alpha !== undefined && options.halfLife !== undefined)
    throw new MillraceError('BAD_PROGRAM', `${name}: it got alpha ${options.alpha} and halfLife ${options.halfLife}; they say the same: give one`)
  const alpha = options.alpha ?? 1 - 2 ** (-1 / (options.halfLife ?? NaN))
  checkParameter(name, 'alpha', alpha, { above: 0, to: 1 })
  return Object.freeze<Detector<number, ExponentialMoments | null, ExponentialMoments>>({
    name,
    initial: null,
    next: (state, value) => {
      checkFinite(value, name)
      const d = value - (state?.mean ?? value)
      const next = state === null ? { mean: value, variance: 0 } : { mean: state.mean + alpha * d, variance: (1 - alpha) * (state.variance + alpha * d * d) }
      return { state: next, result: next }
    },
  })
}
