import { checkParameter } from '../vectors.ts'
import { checkFinite, type Detector } from './detector.ts'
import { summary, type Summary } from './summary.ts'

/** `score`: how many standard deviations the value is from the mean of those before it; 0 while there are fewer than minCount of them. */
export interface Scored {
  readonly value: number
  readonly score: number
}

/**
 * Returns the z-score of each value against all before it: (x - mean) / s with the standard deviation of the sample. A value equal to a constant past scores 0, any other one Infinity.
 */
export function zScore(options: { readonly minCount?: number } = {}): Detector<number, Summary | null, Scored> {
  const name = 'zScore'
  const { minCount = 2 } = options
  checkParameter(name, 'minCount', minCount, { from: 2, whole: true })
  const { create, mergeValue, variance } = summary()
  return Object.freeze<Detector<number, Summary | null, Scored>>({
    name,
    initial: null,
    next: (state, value) => {
      checkFinite(value, name)
      const score = state === null || state.count < minCount ? 0 : scoreOf(value - state.mean, Math.sqrt(variance(state, { sample: true })))
      return { state: state === null ? create(value) : mergeValue(state, value), result: { value, score } }
    },
  })
}

/** Returns a distance in units of a spread. */
export function scoreOf(distance: number, spread: number): number {
  return distance === 0 ? 0 : distance / spread
}
