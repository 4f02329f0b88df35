import { checkParameter } from '../vectors.ts'
import { checkFinite, type Detector } from './detector.ts'

export interface Drift {
  /** The mean has risen (or fallen) for good: what was seen before is forgotten. */
  readonly drift: boolean
  readonly mean: number
}

interface Sums {
  readonly count: number
  readonly mean: number
  readonly up: number
  readonly leastUp: number
  readonly down: number
  readonly mostDown: number
}

const EMPTY: Sums = Object.freeze({ count: 0, mean: 0, up: 0, leastUp: 0, down: 0, mostDown: 0 })

/**
 * Returns whether the mean of a stream has changed: the Page-Hinkley test (Page 1954; Hinkley 1971), on both sides.
 *
 *     up += x - mean - delta;  drift when up - min(up) > lambda;      down += x - mean + delta;  drift when max(down) - down > lambda
 *
 * `delta`: changes that do not matter; `lambda`: how much must add up. @default 0.005, 50, and 30 values before it says anything
 */
export function pageHinkley(options: { readonly delta?: number; readonly lambda?: number; readonly minCount?: number } = {}): Detector<number, Sums, Drift> {
  const name = 'pageHinkley'
  const { delta = 0.005, lambda = 50, minCount = 30 } = options
  checkParameter(name, 'delta', delta, { from: 0 })
  checkParameter(name, 'lambda', lambda, { above: 0 })
  checkParameter(name, 'minCount', minCount, { from: 1, whole: true })
  return Object.freeze<Detector<number, Sums, Drift>>({
    name,
    initial: EMPTY,
    next: (state, value) => {
      checkFinite(value, name)
      const count = state.count + 1
      const mean = state.mean + (value - state.mean) / count
      const up = state.up + value - mean - delta
      const down = state.down + value - mean + delta
      const leastUp = Math.min(state.leastUp, up)
      const mostDown = Math.max(state.mostDown, down)
      const drift = count >= minCount && (up - leastUp > lambda || mostDown - down > lambda)
      return { state: drift ? EMPTY : { count, mean, up, leastUp, down, mostDown }, result: { drift, mean } }
    },
  })
}
