// Over 150 lines because it is one class with a line or a few per operation of Spark's RDD.
import { MillraceError } from '../errors.ts'
import { KeyMap } from '../key-map.ts'
import { compareKeys, type Key } from '../key.ts'
import type { Pair } from '../pair.ts'
import type { Sync } from '../sync.ts'
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

  [Symbol.iterator](): Iterator<T> {
    return this.#rows[Symbol.iterator]()
  }

  // ---- row by row
  map<U>(f: (value: T) => U & Sync<U>): Rdd<U> {
    return new Rdd<U>(this.#rows.map((row) => f(row)))
  }
  flatMap<U>(f: (value: T) => Iterable<U>): Rdd<U> {
    return new Rdd(this.#rows.flatMap((row) => [...f(row)]))
  }
  filter<U extends T>(p: (value: T) => value is U): Rdd<U>
  filter(p: (value: T) => boolean): Rdd<T>
  filter(p: (value: T) => boolean): Rdd<T> {
    return new Rdd(this.#rows.filter((row) => p(row)))
  }
  mapPartitions<U>(f: (values: Iterable<T>) => Iterable<U>): Rdd<U> {
    return new Rdd(f(this.#rows))
  }
  glom(): Rdd<readonly T[]> {
    return new Rdd([this.#rows])
  }
  keyBy<K extends Key>(f: (value: T) => K): Rdd<Pair<K, T>> {
    return new Rdd(this.#rows.map((row) => [f(row), row] as const))
  }
  mapToPair<K extends Key, V>(f: (value: T) => Pair<K, V>): Rdd<Pair<K, V>> {
    return new Rdd(this.#rows.map((row) => f(row)))
  }
  flatMapToPair<K extends Key, V>(f: (value: T) => Iterable<Pair<K, V>>): Rdd<Pair<K, V>> {
    return this.flatMap(f)
  }
  zipWithIndex(): Rdd<readonly [T, number]> {
    return new Rdd(this.#rows.map((row, i) => [row, i] as const))
  }

  // ---- all of the batch
  /** Sorts by a key; equal ones keep their order. */
  sortBy(key: (value: T) => Key, options: { readonly ascending?: boolean } = {}): Rdd<T> {
    const sign = options.ascending === false ? -1 : 1
    const keyed = this.#rows.map((row) => [key(row), row] as const)
    return new Rdd(keyed.sort(([a], [b]) => sign * compareKeys(a, b)).map(([, row]) => row))
  }
  union<U>(other: Rdd<U>): Rdd<T | U> {
    return new Rdd<T | U>([...this.#rows, ...other.#rows])
  }
  cartesian<U>(other: Rdd<U>): Rdd<readonly [T, U]> {
    return new Rdd(this.#rows.flatMap((a) => other.#rows.map((b) => [a, b] as const)))
  }
  groupBy<K extends Key>(f: (value: T) => K): Rdd<Pair<K, readonly T[]>> {
    return this.keyBy(f).groupByKey()
  }
  /** Each value once, at its first place. */
  distinct<K extends Key>(this: Rdd<K>): Rdd<K> {
    const seen = new KeyMap<true>()
    return this.filter((row) => !seen.has(row) && seen.set(row, true) !== undefined)
  }
  /** Values that the other has not. */
  subtract<K extends Key>(this: Rdd<K>, other: Rdd<K>): Rdd<K> {
    const gone = keySet(other)
    return this.filter((row) => !gone.has(row))
  }
  /** Values that both have, each once. */
  intersection<K extends Key>(this: Rdd<K>, other: Rdd<K>): Rdd<K> {
    const both = keySet(other)
    return this.filter((row) => both.has(row)).distinct()
  }

  // ---- actions
  take(n: number): readonly T[] {
    return this.#rows.slice(0, n)
  }
  /** The n greatest, greatest first. */
  top(n: number, by: (value: T) => number): readonly T[] {
    return this.sortBy(by, { ascending: false }).take(n)
  }
  /** The n least, least first. */
  takeOrdered(n: number, by: (value: T) => Key): readonly T[] {
    return this.sortBy(by).take(n)
  }
  /** The first row; an error when there is none. */
  first(): T {
    if (this.#rows.length === 0) throw new MillraceError('BAD_VALUE', 'first() of an empty RDD: there is no row; ask isEmpty() before, or use take(1)')
    return this.#rows[0] as T
  }
  isEmpty(): boolean {
    return this.#rows.length === 0
  }
  collect(): readonly T[] {
    return this.#rows
  }
  count(): number {
    return this.#rows.length
  }
  foreach(f: (value: T) => void): void {
    for (const row of this.#rows) f(row)
  }
  /** Combines all rows into one; an error when there is none. */
  reduce(f: (a: T, b: T) => T): T {
    if (this.#rows.length === 0) throw new MillraceError('BAD_VALUE', 'reduce() of an empty RDD: there is no value to return; use fold with a zero value')
    return this.#rows.reduce((a, b) => f(a, b))
  }
  fold<U>(zero: U, f: (sum: U, value: T) => U): U {
    return this.#rows.reduce((sum, row) => f(sum, row), zero)
  }
  /** Spark's aggregate. There is one partition, so `combine` is never needed; it is taken so that a program can be carried over. */
  aggregate<U>(zero: U, add: (sum: U, value: T) => U, _combine?: (a: U, b: U) => U): U {
    return this.fold(zero, add)
  }
  countByValue<K extends Key>(this: Rdd<K>): KeyMap<number> {
    return this.mapToPair((row) => [row, 1])
      .reduceByKey((a, b) => a + b)
      .collectAsMap()
  }

  // ---- pairs
  keys<K extends Key, V>(this: Rdd<Pair<K, V>>): Rdd<K> {
    return new Rdd(this.#rows.map(([key]) => key))
  }
  values<K extends Key, V>(this: Rdd<Pair<K, V>>): Rdd<V> {
    return new Rdd(this.#rows.map(([, value]) => value))
  }
  mapValues<K extends Key, V, U>(this: Rdd<Pair<K, V>>, f: (value: V) => U & Sync<U>): Rdd<Pair<K, U>> {
    return new Rdd(this.#rows.map(([key, value]) => [key, f(value) as U] as const))
  }
  flatMapValues<K extends Key, V, U>(this: Rdd<Pair<K, V>>, f: (value: V) => Iterable<U>): Rdd<Pair<K, U>> {
    return new Rdd(this.#rows.flatMap(([key, value]) => Array.from(f(value), (u) => [key, u] as const)))
  }
  combineByKey<K extends Key, V, C>(this: Rdd<Pair<K, V>>, create: (value: V) => C, mergeValue: (combined: C, value: V) => C): Rdd<Pair<K, C>> {
    return this.groupByKey().mapToPair(([key, values]) => [key, values.slice(1).reduce((c, v) => mergeValue(c, v), create(values[0] as V))])
  }
  reduceByKey<K extends Key, V>(this: Rdd<Pair<K, V>>, f: (a: V, b: V) => V): Rdd<Pair<K, V>> {
    return this.groupByKey().mapToPair(([key, values]) => [key, values.reduce((a, b) => f(a, b))])
  }
  aggregateByKey<K extends Key, V, U>(this: Rdd<Pair<K, V>>, zero: U, add: (sum: U, value: V) => U): Rdd<Pair<K, U>> {
    return this.groupByKey().mapToPair(([key, values]) => [key, values.reduce((sum, v) => add(sum, v), zero)])
  }
  groupByKey<K extends Key, V>(this: Rdd<Pair<K, V>>): Rdd<Pair<K, readonly V[]>> {
    return this.cogroup(new Rdd<Pair<K, never>>([])).mapToPair(([key, [values]]) => [key, values])
  }
  countByKey<K extends Key, V>(this: Rdd<Pair<K, V>>): KeyMap<number> {
    return this.keys().countByValue()
  }
  sortByKey<K extends Key, V>(this: Rdd<Pair<K, V>>, options: { readonly ascending?: boolean } = {}): Rdd<Pair<K, V>> {
    return this.sortBy(([key]) => key, options)
  }
  cogroup<K extends Key, V, W>(this: Rdd<Pair<K, V>>, other: Rdd<Pair<K, W>>): Rdd<Pair<K, Cogrouped<V, W>>> {
    return new Rdd(cogroup(this.#rows, other.#rows))
  }
  join<K extends Key, V, W>(this: Rdd<Pair<K, V>>, other: Rdd<Pair<K, W>>): Rdd<Pair<K, readonly [V, W]>> {
    return this.cogroup(other).flatMapValues((sides) => inner(sides))
  }
  leftOuterJoin<K extends Key, V, W>(this: Rdd<Pair<K, V>>, other: Rdd<Pair<K, W>>): Rdd<Pair<K, readonly [V, W | undefined]>> {
    return this.cogroup(other).flatMapValues((sides) => leftOuter(sides))
  }
  rightOuterJoin<K extends Key, V, W>(this: Rdd<Pair<K, V>>, other: Rdd<Pair<K, W>>): Rdd<Pair<K, readonly [V | undefined, W]>> {
    return this.cogroup(other).flatMapValues((sides) => rightOuter(sides))
  }
  fullOuterJoin<K extends Key, V, W>(this: Rdd<Pair<K, V>>, other: Rdd<Pair<K, W>>): Rdd<Pair<K, readonly [V | undefined, W | undefined]>> {
    return this.cogroup(other).flatMapValues((sides) => fullOuter(sides))
  }
  /** Pairs whose key the other has not. */
  subtractByKey<K extends Key, V, W>(this: Rdd<Pair<K, V>>, other: Rdd<Pair<K, W>>): Rdd<Pair<K, V>> {
    const gone = keySet(other.keys())
    return this.filter(([key]) => !gone.has(key))
  }
  /** Values of one key, in order. */
  lookup<K extends Key, V>(this: Rdd<Pair<K, V>>, key: K): readonly V[] {
    return this.filter(([k]) => compareKeys(k, key) === 0)
      .values()
      .collect()
  }
  /** By value where keys are tuples: `get` on the result compares as Millrace does. The last pair of a key stands. */
  collectAsMap<K extends Key, V>(this: Rdd<Pair<K, V>>): KeyMap<V> {
    const map = new KeyMap<V>()
    for (const [key, value] of this.#rows) map.set(key, value)
    return map
  }
}

function keySet(rdd: Iterable<Key>): KeyMap<true> {
  const set = new KeyMap<true>()
  for (const key of rdd) set.set(key, true)
  return set
}
