import { checkFinite } from './detector.ts'

/** What summary keeps: plain values. `m2`: the sum of squared distances from the mean. */
export interface Summary {
  readonly count: number
  readonly mean: number
  readonly m2: number
  readonly min: number
  readonly max: number
}

/** The three functions of combineByKey, and what one asks of the result. */
export interface SummaryAggregator {
  create(value: number): Summary
  mergeValue(summary: Summary, value: number): Summary
  mergeCombiners(a: Summary, b: Summary): Summary
  /** Returns the variance of the population; of a sample with `{ sample: true }`. */
  variance(summary: Summary, options?: { readonly sample?: boolean }): number
}

/**
 * Returns count, mean, variance, least and greatest, mergeable and numerically stable: Welford (1962) for a value, Chan, Golub, LeVeque (1979) for a merge.
 *
 *     d = mean_b - mean_a;  mean = mean_a + d n_b / n;  m2 = m2_a + m2_b + d^2 n_a n_b / n
 *
 * @example
 * const s = summary()
 * pairs.combineByKey(s.create, s.mergeValue, s.mergeCombiners).mapValues((of) => [of.mean, Math.sqrt(s.variance(of))])
 */
export function summary(): SummaryAggregator {
  return AGGREGATOR
}

const AGGREGATOR: SummaryAggregator = Object.freeze<SummaryAggregator>({
  create: (value) => {
    checkFinite(value, 'summary')
    return { count: 1, mean: value, m2: 0, min: value, max: value }
  },
  mergeValue: ({ count, mean, m2, min, max }, value) => {
    checkFinite(value, 'summary')
    const d = value - mean
    const next = mean + d / (count + 1)
    return { count: count + 1, mean: next, m2: m2 + d * (value - next), min: Math.min(min, value), max: Math.max(max, value) }
  },
  mergeCombiners: (a, b) => {
    const count = a.count + b.count
    const d = b.mean - a.mean
    return {
      count,
      mean: a.mean + (d * b.count) / count,
      m2: a.m2 + b.m2 + (d * d * a.count * b.count) / count,
      min: Math.min(a.min, b.min),
      max: Math.max(a.max, b.max),
    }
  },
  variance: ({ count, m2 }, { sample = false } = {}) => m2 / (sample ? count - 1 : count),
})
