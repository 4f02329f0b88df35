import { checkParameter } from '../vectors.ts'
import { checkFinite, type Detector } from './detector.ts'
import { scoreOf, type Scored } from './z-score.ts'

/**
 * Returns the robust z-score of each value against the last `size` before it (Iglewicz, Hoaglin, "How to Detect and Handle Outliers", 1993): 0.6745 (x - median) / MAD, which a few wild values do not move.
 * They call a score beyond 3.5 an outlier.
 */
export function robustZScore(options: { readonly size?: number; readonly minCount?: number } = {}): Detector<number, readonly number[], Scored> {
  const name = 'robustZScore'
  const { size = 100, minCount = 10 } = options
  checkParameter(name, 'size', size, { from: 2, to: 100_000, whole: true })
  checkParameter(name, 'minCount', minCount, { from: 2, to: size, whole: true })
  return Object.freeze<Detector<number, readonly number[], Scored>>({
    name,
    initial: [],
    next: (state, value) => {
      checkFinite(value, name)
      const score = state.length < minCount ? 0 : robust(value, state)
      return { state: [...state, value].slice(-size), result: { value, score } }
    },
  })
}

function robust(value: number, before: readonly number[]): number {
  const middle = median(before)
  return scoreOf(0.6745 * (value - middle), median(before.map((x) => Math.abs(x - middle))))
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[half] as number) : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2
}
