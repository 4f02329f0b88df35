import { checkParameter } from '../vectors.ts'
import { checkFinite, type Detector } from './detector.ts'

export interface AdaptiveWindow {
  /** The window was cut: its older part had another mean. */
  readonly drift: boolean
  /** Of the values that are left. */
  readonly mean: number
  readonly width: number
}

/** Values in a row: how many, their sum, their sum of squared distances from their mean. */
type Bucket = readonly [count: number, sum: number, m2: number]

/** Of one size; when there are more, the two oldest become one of the next size: the paper's M. */
const MAX_OF_A_SIZE = 5
/** A side of a cut has at least so many values. */
const MIN_SIDE = 5

/**
 * Returns the mean of a window that is as long as nothing changes, and whether it was cut: ADWIN2 (Bifet, Gavalda, "Learning from Time-Changing Data with Adaptive Windowing", 2007).
 * The window is an exponential histogram, about 5 log2(n) buckets. It is cut wherever the means of both sides differ by more than
 *
 *     e = sqrt(2 / m v ln(2 / d')) + 2 / (3 m) ln(2 / d'),   1 / m = 1 / n0 + 1 / n1,  d' = delta / ln n,  v = variance of the window
 *
 * `delta`: the probability of a cut where nothing has changed. @default 0.002
 */
export function adwin(options: { readonly delta?: number } = {}): Detector<number, readonly Bucket[], AdaptiveWindow> {
  const name = 'adwin'
  const { delta = 0.002 } = options
  checkParameter(name, 'delta', delta, { above: 0, to: 1 })
  return Object.freeze<Detector<number, readonly Bucket[], AdaptiveWindow>>({
    name,
    initial: [],
    next: (state, value) => {
      checkFinite(value, name)
      let window = compressed([...state, [1, value, 0]])
      let drift = false
      while (isCut(window, delta)) {
        drift = true
        window = window.slice(1)
      }
      const [count, sum] = window.reduce(merge)
      return { state: window, result: { drift, mean: sum / count, width: count } }
    },
  })
}

function merge([m, s, a]: Bucket, [n, t, b]: Bucket): Bucket {
  const d = t / n - s / m
  return [m + n, s + t, a + b + (d * d * m * n) / (m + n)]
}

/** Oldest first; sizes fall towards the newest. */
function compressed(buckets: readonly Bucket[]): readonly Bucket[] {
  const result = [...buckets]
  for (let size = 1; ; size *= 2) {
    const first = result.findIndex(([count]) => count === size)
    if (first === -1 || result.filter(([count]) => count === size).length <= MAX_OF_A_SIZE) return result
    result.splice(first, 2, merge(result[first] as Bucket, result[first + 1] as Bucket))
  }
}

function isCut(window: readonly Bucket[], delta: number): boolean {
  const [n, sum, m2] = window.reduce(merge)
  const [variance, log] = [m2 / n, Math.log((2 * Math.log(n)) / delta)]
  let [n0, sum0] = [0, 0]
  for (const [count, part] of window.slice(0, -1)) {
    n0 += count
    sum0 += part
    const n1 = n - n0
    if (n0 < MIN_SIDE || n1 < MIN_SIDE) continue
    const m = 1 / (1 / n0 + 1 / n1)
    const bound = Math.sqrt((2 / m) * variance * log) + (2 / (3 * m)) * log
    if (Math.abs(sum0 / n0 - (sum - sum0) / n1) > bound) return true
  }
  return false
}
