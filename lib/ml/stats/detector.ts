import type { PairDStream } from '../../dstream/dstream.ts'
import type { Named, Shuffle } from '../../dstream/keyed-options.ts'
import type { State } from '../../dstream/state.ts'
import { describeValue } from '../../values/describe-value.ts'
import type { Duration } from '../../values/duration.ts'
import { MillraceError } from '../../values/errors.ts'
import type { Key } from '../../values/key.ts'

/** A statistic that goes along with a stream: a pure function of what it has seen and the next value. States are plain values. */
export interface Detector<V, S, R> {
  readonly name: string
  readonly initial: S
  /** Throws BAD_VALUE for a value that it cannot take. */
  next(state: S, value: V): { readonly state: S; readonly result: R }
}

/**
 * Returns a DStream of `[key, result]` for every value, in the order of arrival: mapWithState. A value that the detector cannot take goes to the dead letters and changes nothing.
 * @example
 * detectByKey(temperatures, zScore({ minCount: 30 }), { uid: 'odd' }).filter(([, { score }]) => Math.abs(score) > 4)
 */
export function detectByKey<K extends Key, V, S, R>(
  pairs: PairDStream<K, V>,
  detector: Detector<V, S, R>,
  options: Shuffle & Named & { readonly timeout?: Duration } = {},
): PairDStream<K, R> {
  return pairs.mapWithState((key: K, value: V | undefined, state: State<S>): readonly [K, R] | undefined => {
    if (value === undefined) return undefined
    const step = detector.next(state.getOption() ?? detector.initial, value)
    state.update(step.state)
    return [key, step.result]
  }, options)
}

/** Returns what a detector says to each of these values, one after the other: for tests and for looking around. */
export function detectAll<V, S, R>(values: Iterable<V>, detector: Detector<V, S, R>): readonly R[] {
  let state = detector.initial
  return Array.from(values, (value) => {
    const step = detector.next(state, value)
    state = step.state
    return step.result
  })
}

/** Throws BAD_VALUE unless the value is a finite number. */
export function checkFinite(value: unknown, name: string): asserts value is number {
  if (typeof value === 'number' && Number.isFinite(value)) return
  throw new MillraceError('BAD_VALUE', `${name} got ${describeValue(value)}; it takes finite numbers`)
}
