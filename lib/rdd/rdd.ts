// Over 150 lines because it is one class with a line or a few per operation of Spark's RDD.
import { MillraceError } from '../values/errors.ts'
import { KeyMap } from '../values/key-map.ts'
import { compareKeys, type Key } from '../values/key.ts'
import type { Pair } from '../values/pair.ts'
import type { Sync } from '../values/sync.ts'
import { cogroup, type Cogrouped } from './cogroup.ts'
import { fullOuter, inner, leftOuter, rightOuter } from './join.ts'

/**
 * One batch in memory: what `transform` and `foreachRDD` are given. Immutable; every operation returns a new one. Results by key come in the order of the keys.
 * @example
 * const counts = ssc.queueStream([['a', 'b', 'a', 'c', 'b', 'a']]).countByValue()
 * counts.transform((rdd) => rdd.filter(([, n]) => n > 1).sortBy(([, n]) => n, { ascending: false })) // ['a', 3], ['b', 2]
 */
export class Rdd<out T> implements Iterable<T> {
  readonly #rows: readonly T[]
  /** All of the batch is here: always 1. */
  readonly numPartitions: number = 1

  constructor(rows: Iterable<T>) {
    this.#rows = Array.isArray(rows) ? (rows as readonly T[]) : [...rows]
  }

  /** Returns an RDD of rows, for a `transform` that makes its own. */
  static of<T>(rows: Iterable<T>): Rdd<T> {
    return new Rdd(rows)
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#rows[Symbol.iterator]()
  }

  // ---- row by row
  /** Returns an RDD of `f(row)`. */
  map<U>(f: (value: T) => U & Sync<U>): Rdd<U> {
    return new Rdd<U>(this.#rows.map((row) => f(row)))
  }
  /** Returns an RDD of everything that `f(row)` yields. */
  flatMap<U>(f: (value: T) => Iterable<U>): Rdd<U> {
    return new Rdd(this.#rows.flatMap((row) => [...f(row)]))
  }
  /** Returns an RDD of the rows for which `p` holds. */
  filter<U extends T>(p: (value: T) => value is U): Rdd<U>
  filter(p: (value: T) => boolean): Rdd<T>
  filter(p: (value: T) => boolean): Rdd<T> {
    return new Rdd(this.#rows.filter((row) => p(row)))
  }
  /** Returns an RDD of what `f` yields for all rows: there is one partition. */
  mapPartitions<U>(f: (values: Iterable<T>) => Iterable<U>): Rdd<U> {
    return new Rdd(f(this.#rows))
  }
  /** Returns an RDD of one row, the array of all rows. */
  glom(): Rdd<readonly T[]> {
    return new Rdd([this.#rows])
  }
  /** Returns an RDD of `[f(row), row]`. */
  keyBy<K extends Key>(f: (value: T) => K): Rdd<Pair<K, T>> {
    return new Rdd(this.#rows.map((row) => [f(row), row] as const))
  }
  /** Returns an RDD of pairs `f(row)`. */
  mapToPair<K extends Key, V>(f: (value: T) => Pair<K, V>): Rdd<Pair<K, V>> {
    return new Rdd(this.#rows.map((row) => f(row)))
  }
  /** Returns an RDD of all pairs that `f(row)` yields. */
  flatMapToPair<K extends Key, V>(f: (value: T) => Iterable<Pair<K, V>>): Rdd<Pair<K, V>> {
    return this.flatMap(f)
  }
  /** Returns an RDD of `[row, its number from 0]`. */
  zipWithIndex(): Rdd<readonly [T, number]> {
    return new Rdd(this.#rows.map((row, i) => [row, i] as const))
  }

  // ---- all of the batch
  /** Returns an RDD in the order of a key; rows with equal ones keep theirs. */
  sortBy(key: (value: T) => Key, options: { readonly ascending?: boolean } = {}): Rdd<T> {
    const sign = options.ascending === false ? -1 : 1
    const keyed = this.#rows.map((row) => [key(row), row] as const)
    return new Rdd(keyed.sort(([a], [b]) => sign * compareKeys(a, b)).map(([, row]) => row))
  }
  /** Returns an RDD of these rows, then the other's. */
  union<U>(other: Rdd<U>): Rdd<T | U> {
    return new Rdd<T | U>([...this.#rows, ...other.#rows])
  }
  /** Returns an RDD of `[row, other's row]`, every combination. */
  cartesian<U>(other: Rdd<U>): Rdd<readonly [T, U]> {
    return new Rdd(this.#rows.flatMap((a) => other.#rows.map((b) => [a, b] as const)))
  }
  /** Returns an RDD of `[f(row), all rows with it]`: keyBy, groupByKey. */
  groupBy<K extends Key>(f: (value: T) => K): Rdd<Pair<K, readonly T[]>> {
    return this.keyBy(f).groupByKey()
  }
  /** Returns an RDD of each value once, at its first place. */
  distinct<K extends Key>(this: Rdd<K>): Rdd<K> {
    const seen = new KeyMap<true>()
    return this.filter((row) => !seen.has(row) && seen.set(row, true) !== undefined)
  }
  /** Returns an RDD of the values that the other has not. */
  subtract<K extends Key>(this: Rdd<K>, other: Rdd<K>): Rdd<K> {
    const gone = keySet(other)
    return this.filter((row) => !gone.has(row))
  }
  /** Returns an RDD of the values that both have, each once. */
  intersection<K extends Key>(this: Rdd<K>, other: Rdd<K>): Rdd<K> {
    const both = keySet(other)
    return this.filter((row) => both.has(row)).distinct()
  }

  /** Returns an RDD of the first n rows: what `take` gives, for `transform`. */
  limit(n: number): Rdd<T> {
    return new Rdd(this.take(n))
  }

  // ---- actions
  /** Returns the first n rows. */
  take(n: number): readonly T[] {
    return this.#rows.slice(0, n)
  }
  /** Returns the n greatest rows, greatest first. */
  top<K extends Key>(this: Rdd<K>, n: number): readonly K[]
  top(n: number, by: (value: T) => number): readonly T[]
  top(n: number, by: (value: T) => Key = asKey): readonly T[] {
    return this.sortBy(by, { ascending: false }).take(n)
  }
  /** Returns the n least rows, least first. */
  takeOrdered<K extends Key>(this: Rdd<K>, n: number): readonly K[]
  takeOrdered(n: number, by: (value: T) => Key): readonly T[]
  takeOrdered(n: number, by: (value: T) => Key = asKey): readonly T[] {
    return this.sortBy(by).take(n)
  }
  /** Returns the first row; an error when there is none. */
  first(): T {
    if (this.#rows.length === 0) throw new MillraceError('BAD_VALUE', 'first() of an empty RDD: there is no row; ask isEmpty() before, or use take(1)')
    return this.#rows[0] as T
  }
  /** Returns whether there is no row. */
  isEmpty(): boolean {
    return this.#rows.length === 0
  }
  /** Returns all rows. */
  collect(): readonly T[] {
    return this.#rows
  }
  /** Returns how many rows there are. */
  count(): number {
    return this.#rows.length
  }
  /** Calls `f` for every row, in order. */
  foreach(f: (value: T) => void): void {
    for (const row of this.#rows) f(row)
  }
  /** Returns what `f` returns for all rows, so that it can be awaited in foreachRDD: there is one partition. */
  foreachPartition<R>(f: (values: Iterable<T>) => R): R {
    return f(this.#rows)
  }
  /** Returns all rows combined into one; an error when there is none. */
  reduce(f: (a: T, b: T) => T): T {
    if (this.#rows.length === 0) throw new MillraceError('BAD_VALUE', 'reduce() of an empty RDD: there is no value to return; use fold with a zero value')
    return this.#rows.reduce((a, b) => f(a, b))
  }
  /** Returns all rows combined into one value, starting with `zero`. */
  fold<U>(zero: U, f: (sum: U, value: T) => U): U {
    // A copy, as Spark's: `f` may change what it is given.
    return this.#rows.reduce((sum, row) => f(sum, row), structuredClone(zero))
  }
  /** Returns all rows combined into a value of another type. There is one partition, so `combine` is never needed; it is taken so that a program can be carried over. */
  aggregate<U>(zero: U, add: (sum: U, value: T) => U, _combine?: (a: U, b: U) => U): U {
    return this.fold(zero, add)
  }
  /** Returns how often each row is there: reduceByKey, collectAsMap. */
  countByValue<K extends Key>(this: Rdd<K>): KeyMap<number> {
    return this.mapToPair((row) => [row, 1])
      .reduceByKey((a, b) => a + b)
      .collectAsMap()
  }

  // ---- pairs
  /** Returns an RDD of the keys, one per row. */
  keys<K extends Key, V>(this: Rdd<Pair<K, V>>): Rdd<K> {
    return new Rdd(this.#rows.map(([key]) => key))
  }
  /** Returns an RDD of the values. */
  values<K extends Key, V>(this: Rdd<Pair<K, V>>): Rdd<V> {
    return new Rdd(this.#rows.map(([, value]) => value))
  }
  /** Returns an RDD with `f(value)` beside each key. */
  mapValues<K extends Key, V, U>(this: Rdd<Pair<K, V>>, f: (value: V) => U & Sync<U>): Rdd<Pair<K, U>> {
    return new Rdd(this.#rows.map(([key, value]) => [key, f(value) as U] as const))
  }
  /** Returns an RDD with each of `f(value)` beside the key. */
  flatMapValues<K extends Key, V, U>(this: Rdd<Pair<K, V>>, f: (value: V) => Iterable<U>): Rdd<Pair<K, U>> {
    return new Rdd(this.#rows.flatMap(([key, value]) => Array.from(f(value), (u) => [key, u] as const)))
  }
  /** Returns an RDD of one pair per key, its values aggregated into something of another type: groupByKey. `mergeCombiners` is never needed in one partition. */
  combineByKey<K extends Key, V, C>(
    this: Rdd<Pair<K, V>>,
    create: (value: V) => C,
    mergeValue: (combined: C, value: V) => C,
    _mergeCombiners?: (a: C, b: C) => C,
  ): Rdd<Pair<K, C>> {
    return this.groupByKey().mapToPair(([key, values]) => [key, values.slice(1).reduce((c, v) => mergeValue(c, v), create(values[0] as V))])
  }
  /** Returns an RDD of one pair per key, its values combined: groupByKey. */
  reduceByKey<K extends Key, V>(this: Rdd<Pair<K, V>>, f: (a: V, b: V) => V): Rdd<Pair<K, V>> {
    return this.groupByKey().mapToPair(([key, values]) => [key, values.reduce((a, b) => f(a, b))])
  }
  /** Returns an RDD of one pair per key, its values added to `zero`: groupByKey. `combine` is never needed in one partition. */
  aggregateByKey<K extends Key, V, U>(this: Rdd<Pair<K, V>>, zero: U, add: (sum: U, value: V) => U, _combine?: (a: U, b: U) => U): Rdd<Pair<K, U>> {
    return this.groupByKey().mapToPair(([key, values]) => [key, values.reduce((sum, v) => add(sum, v), structuredClone(zero))])
  }
  /** Returns an RDD of one pair per key, with all its values in their order: cogroup. */
  groupByKey<K extends Key, V>(this: Rdd<Pair<K, V>>): Rdd<Pair<K, readonly V[]>> {
    return this.cogroup(new Rdd<Pair<K, never>>([])).mapToPair(([key, [values]]) => [key, values])
  }
  /** Returns how many rows each key has: countByValue of the keys. */
  countByKey<K extends Key, V>(this: Rdd<Pair<K, V>>): KeyMap<number> {
    return this.keys().countByValue()
  }
  /** Returns an RDD in the order of the keys; equal ones keep theirs: sortBy. */
  sortByKey<K extends Key, V>(this: Rdd<Pair<K, V>>, options: { readonly ascending?: boolean } = {}): Rdd<Pair<K, V>> {
    return this.sortBy(([key]) => key, options)
  }
  /** Returns an RDD of `[key, [values here, values there]]` for the keys of either. */
  cogroup<K extends Key, V, W>(this: Rdd<Pair<K, V>>, other: Rdd<Pair<K, W>>): Rdd<Pair<K, Cogrouped<V, W>>> {
    return new Rdd(cogroup(this.#rows, other.#rows))
  }
  /** Returns an RDD of `[key, [value here, value there]]`, every combination: cogroup. */
  join<K extends Key, V, W>(this: Rdd<Pair<K, V>>, other: Rdd<Pair<K, W>>): Rdd<Pair<K, readonly [V, W]>> {
    return this.cogroup(other).flatMapValues((sides) => inner(sides))
  }
  /** Returns an RDD of `[key, [value here, value there]]`; undefined where there is none there: cogroup. */
  leftOuterJoin<K extends Key, V, W>(this: Rdd<Pair<K, V>>, other: Rdd<Pair<K, W>>): Rdd<Pair<K, readonly [V, W | undefined]>> {
    return this.cogroup(other).flatMapValues((sides) => leftOuter(sides))
  }
  /** Returns an RDD of `[key, [value here, value there]]`; undefined where there is none here: cogroup. */
  rightOuterJoin<K extends Key, V, W>(this: Rdd<Pair<K, V>>, other: Rdd<Pair<K, W>>): Rdd<Pair<K, readonly [V | undefined, W]>> {
    return this.cogroup(other).flatMapValues((sides) => rightOuter(sides))
  }
  /** Returns an RDD of `[key, [value here, value there]]`; undefined where a side has none: cogroup. */
  fullOuterJoin<K extends Key, V, W>(this: Rdd<Pair<K, V>>, other: Rdd<Pair<K, W>>): Rdd<Pair<K, readonly [V | undefined, W | undefined]>> {
    return this.cogroup(other).flatMapValues((sides) => fullOuter(sides))
  }
  /** Returns an RDD of the pairs whose key the other has not. */
  subtractByKey<K extends Key, V, W>(this: Rdd<Pair<K, V>>, other: Rdd<Pair<K, W>>): Rdd<Pair<K, V>> {
    const gone = keySet(other.keys())
    return this.filter(([key]) => !gone.has(key))
  }
  /** Returns the values of one key, in order. */
  lookup<K extends Key, V>(this: Rdd<Pair<K, V>>, key: K): readonly V[] {
    return this.filter(([k]) => compareKeys(k, key) === 0)
      .values()
      .collect()
  }
  /** Returns a map by key, in which keys are compared by value. The last pair of a key stands. */
  collectAsMap<K extends Key, V>(this: Rdd<Pair<K, V>>): KeyMap<V> {
    const map = new KeyMap<V>()
    for (const [key, value] of this.#rows) map.set(key, value)
    return map
  }
}

/** What orders rows that are keys themselves. */
function asKey(value: unknown): Key {
  return value as Key
}

function keySet(rdd: Iterable<Key>): KeyMap<true> {
  const set = new KeyMap<true>()
  for (const key of rdd) set.set(key, true)
  return set
}
