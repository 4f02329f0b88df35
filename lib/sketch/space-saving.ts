import { KeyMap } from '../values/key-map.ts'
import { assertKey, compareKeys, type Key } from '../values/key.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { Building, checkNumber, type Sketch } from './sketch.ts'

/** The state of spaceSaving: plain values. */
export interface HeavyHitters<K extends Key = Key> {
  readonly capacity: number
  /** How many values came. */
  readonly total: number
  /** At most so much is missing from a count, and so often came a value that is not here. */
  readonly error: number
  readonly values: readonly K[]
  readonly counts: readonly number[]
}

/** A value that came often: at least `count - error` times and at most `count` times. */
export interface HeavyHitter<K extends Key = Key> {
  readonly value: K
  readonly count: number
  readonly error: number
}

export interface SpaceSaving<K extends Key = Key> extends Sketch<K, HeavyHitters<K>> {
  /** Returns the k values that came most often, most often first; of equal counts the lesser value first. */
  top(state: HeavyHitters<K>, k: number): readonly HeavyHitter<K>[]
}

const NAME = 'spaceSaving'
const MAX_CAPACITY = 100_000

interface Mutable {
  capacity: number
  total: number
  error: number
  values: Key[]
  counts: number[]
}

/**
 * Returns SpaceSaving (Metwally, Agrawal, El Abbadi 2005) in its mergeable form (Agarwal et al. 2012): whatever came more often than total / capacity is found, and no count is wrong by more.
 * A state holds up to 2 x capacity counters. When it has more, the greatest `capacity` of them are kept, less the next one's count: that is what `error` adds up.
 * Up to 2 x capacity different values everything is exact. Beyond, what is found may depend on how the values were split, within the bound; for a given log it is always the same.
 * @example
 * const hits = spaceSaving({ capacity: 1000 })
 * pairs.combineByKey(hits.create, hits.mergeValue, hits.mergeCombiners).mapValues((state) => hits.top(state, 10))
 */
export function spaceSaving<K extends Key = Key>(options: { readonly capacity: number }): SpaceSaving<K> {
  const { capacity } = options
  checkNumber(NAME, 'capacity', capacity, { from: 1, to: MAX_CAPACITY, whole: true })
  const building = new Building<HeavyHitters>()
  const places = new WeakMap<HeavyHitters, KeyMap<number>>()
  const check = (state: HeavyHitters): void => {
    const is: unknown = state
    if (typeof is !== 'object' || is === null || !('counts' in is))
      throw new MillraceError('BAD_VALUE', `${NAME} got ${describeValue(is)} as a state; it takes what its create, mergeValue and mergeCombiners return`)
    if (state.capacity !== capacity)
      throw new MillraceError(
        'BAD_VALUE',
        `${NAME} got a state of capacity ${state.capacity}; only states of the same capacity (${capacity}) can be read and merged`,
      )
  }
  const placesOf = (state: HeavyHitters): KeyMap<number> => {
    const found = places.get(state) ?? new KeyMap<number>(state.values.map((value, i) => [value, i]))
    places.set(state, found)
    return found
  }
  const copyOf = (state: HeavyHitters): HeavyHitters => ({ ...state, values: [...state.values], counts: [...state.counts] })
  const count = (state: Mutable, value: Key, times: number): void => {
    const known = placesOf(state)
    const at = known.get(value)
    if (at !== undefined) state.counts[at] = (state.counts[at] as number) + times
    else {
      known.set(value, state.values.push(value === 0 ? 0 : value) - 1) // -0 is the key 0
      state.counts.push(times)
    }
  }
  const trim = (state: Mutable): void => {
    if (state.values.length <= 2 * capacity) return
    const least = [...state.counts].sort((a, b) => b - a)[capacity] as number
    const kept = state.values.map((value, i) => [value, (state.counts[i] as number) - least] as const).filter(([, times]) => times > 0)
    state.error += least
    state.values = kept.map(([value]) => value)
    state.counts = kept.map(([, times]) => times)
    places.delete(state)
  }
  const add = (state: HeavyHitters, value: Key, times: number): HeavyHitters => {
    const mine = building.has(state) ? state : building.add(copyOf(state))
    const mutable = mine as unknown as Mutable
    mutable.total += times
    count(mutable, value, times)
    trim(mutable)
    return mine
  }
  /** Values in the order of keys: so the same counts are the same bytes. */
  const sorted = (state: HeavyHitters): HeavyHitters => {
    const order = state.values.map((_, i) => i).sort((i, j) => compareKeys(state.values[i] as Key, state.values[j] as Key))
    return { ...state, values: order.map((i) => state.values[i] as Key), counts: order.map((i) => state.counts[i] as number) }
  }
  const empty: HeavyHitters = Object.freeze({ capacity, total: 0, error: 0, values: [], counts: [] })

  return Object.freeze<SpaceSaving<K>>({
    name: NAME,
    parameters: `capacity ${capacity}`,
    check: (value) => assertKey(value, NAME),
    create: (value) => add(empty, value, 1) as HeavyHitters<K>,
    mergeValue: (state, value) => {
      check(state)
      return add(state, value, 1) as HeavyHitters<K>
    },
    mergeCombiners: (a, b) => {
      check(a)
      check(b)
      const merged = copyOf(a) as unknown as Mutable
      merged.total += b.total
      merged.error += b.error
      b.values.forEach((value, i) => count(merged, value, b.counts[i] as number))
      trim(merged)
      return sorted(merged) as HeavyHitters<K>
    },
    settle: (state) => sorted(state) as HeavyHitters<K>,
    top: (state, k) => {
      check(state)
      const hitters = state.values.map((value, i) => ({ value, count: (state.counts[i] as number) + state.error, error: state.error }))
      return hitters.sort((a, b) => b.count - a.count || compareKeys(a.value, b.value)).slice(0, k)
    },
  })
}
