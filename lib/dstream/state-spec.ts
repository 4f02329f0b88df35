import type { Duration } from '../values/duration.ts'
import type { Key } from '../values/key.ts'
import type { StaticTable } from '../program/static-table.ts'
import type { Time } from '../values/time.ts'
import type { MapWithStateOptions } from './map-with-state.ts'
import type { State } from './state.ts'

/** What mapWithState calls for every record of a key, and with `undefined` when the key times out. Returning undefined emits nothing. */
export type StateMapping<K extends Key, V, S, M> = (key: K, value: V | undefined, state: State<S>, time: Time) => M | undefined

/** What mapWithState does, in Spark's form: immutable; every call returns a new one. */
export interface StateSpec<K extends Key, in V, in out S, out M> {
  readonly mapping: (key: K, value: V | undefined, state: State<S>, time: Time) => M | undefined
  readonly options: MapWithStateOptions
  /** A key that gets no data for longer is called once more, with `undefined`, and forgotten. */
  timeout(idle: Duration): StateSpec<K, V, S, M>
  initialState(table: StaticTable<K & Key, S>): StateSpec<K, V, S, M>
  numPartitions(n: number): StateSpec<K, V, S, M>
  uid(name: string): StateSpec<K, V, S, M>
}

/**
 * Spark's builder. Key and value must be written, because a builder call has no context to infer them from; mapWithState's short form infers them.
 * @example
 * const spec = StateSpec.function((word: string, one: number | undefined, state: State<number>) => {
 *   const sum = (state.getOption() ?? 0) + (one ?? 0)
 *   state.update(sum)
 *   return [word, sum] as const
 * }).uid('sums')
 * ssc.queueStream([['a'], ['b', 'a']]).mapToPair((word) => [word, 1]).mapWithState(spec) // ['a', 1] | ['b', 1], ['a', 2]
 */
export const StateSpec: { function<K extends Key, V, S, M>(mapping: StateMapping<K, V, S, M>): StateSpec<K, V, S, M> } = Object.freeze({
  function: <K extends Key, V, S, M>(mapping: StateMapping<K, V, S, M>): StateSpec<K, V, S, M> => specOf(mapping, {}),
})

function specOf<K extends Key, V, S, M>(mapping: StateMapping<K, V, S, M>, options: MapWithStateOptions): StateSpec<K, V, S, M> {
  const extended = (more: MapWithStateOptions): StateSpec<K, V, S, M> => specOf(mapping, { ...options, ...more })
  return Object.freeze({
    mapping,
    options,
    timeout: (timeout: Duration) => extended({ timeout }),
    initialState: (initialState: StaticTable<K & Key, S>) => extended({ initialState }),
    numPartitions: (numPartitions: number) => extended({ numPartitions }),
    uid: (uid: string) => extended({ uid }),
  })
}
