// Over 300 lines because it is the whole fluent surface, with its types and docs: one line per operator, which stands in its own file.
import type { FileFormat } from '../formats/file-format.ts'
import { jsonLinesFile, textFile } from '../formats/line-files.ts'
import { objectFile } from '../formats/object-file.ts'
import type { Fitting } from '../values/column-types.ts'
import type { Columns } from '../values/columns.ts'
import type { Duration } from '../values/duration.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { Key } from '../values/key.ts'
import type { Pair } from '../values/pair.ts'
import type { Cogrouped } from '../rdd/cogroup.ts'
import { fullOuter, inner, leftOuter, rightOuter } from '../rdd/join.ts'
import type { Rdd } from '../rdd/rdd.ts'
import type { StaticTable } from '../program/static-table.ts'
import type { Sync } from '../values/sync.ts'
import type { Time } from '../values/time.ts'
import { cogroupNode } from './cogroup.ts'
import { aggregator, combineByKeyNode, LISTS, reducer } from './combine-by-key.ts'
import { countNode } from './count.ts'
import { dropDuplicatesNode, type DropDuplicatesOptions } from './drop-duplicates.ts'
import { filterNode } from './filter.ts'
import { flatMapValuesNode, ofValue } from './flat-map-values.ts'
import { flatMapNode } from './flat-map.ts'
import type { GraphBuilder } from './graph-builder.ts'
import { joinTableNode } from './join-table.ts'
import type { Named, Shuffle, WholeBatch } from './keyed-options.ts'
import { mapValuesNode } from './map-values.ts'
import { mapWithStateOf } from './map-with-state.ts'
import { keyedBy, mapNode } from './map.ts'
import type { ForeachBatch, NarrowNode, Node, OutputNode } from './node.ts'
import { places } from './places.ts'
import { plotNode, type PlotOptions } from './plot.ts'
import { foreachRddNode, printNode, saveAsFilesNode, type SaveAsFilesOptions, saveToNode } from './outputs.ts'
import { reduceWindowedNode } from './reduce-windowed.ts'
import { repartitionNode } from './repartition.ts'
import type { ColumnSink, Sink } from './sink.ts'
import { stateSnapshotsNode } from './state-snapshots.ts'
import type { StateMapping, StateSpec } from './state-spec.ts'
import { ofOne, ofPartition, ofTwo, transformNode } from './transform.ts'
import { unionNode } from './union.ts'
import { updateStateByKeyNode, type UpdateStateOptions } from './update-state-by-key.ts'
import { windowNode } from './window.ts'

/** A DStream of pairs: what the keyed operators take. */
export type PairDStream<K extends Key, V> = DStream<Pair<K, V>>

/**
 * A stream of batches of rows. Immutable: every operator returns a new one, and nothing runs until a runner plans the job.
 * In the examples the batch interval is 1 s; the comment at the end shows the rows of each batch, `|` between batches.
 * @example
 * const lines = ssc.queueStream([['to be'], ['or not', 'to be']])
 * lines.flatMap((line) => line.split(' ')).mapToPair((word) => [word, 1]).reduceByKey((a, b) => a + b) // ['be', 1], ['to', 1] | ['be', 1], ['not', 1], ['or', 1], ['to', 1]
 */
export class DStream<out T> {
  readonly #graph: GraphBuilder
  readonly #node: Node

  constructor(graph: GraphBuilder, node: Node) {
    this.#graph = graph
    this.#node = node
    graph.assertOpen(node.kind)
    places.note?.(node)
  }

  #next<U>(make: (node: Node) => Node): DStream<U> {
    return new DStream<U>(this.#graph, make(this.#node))
  }

  #out(make: (node: Node) => OutputNode): void {
    const output = make(this.#node)
    this.#graph.addOutput(output)
    places.note?.(output)
  }

  static #nodes(graph: GraphBuilder, streams: readonly DStream<unknown>[], operator: string): readonly Node[] {
    for (const stream of streams)
      if (stream.#graph !== graph)
        throw new MillraceError('BAD_PROGRAM', `${operator}: Some of the DStreams have different contexts; all streams must come from the ssc of one job`)
    return streams.map((stream) => stream.#node)
  }

  /** What operators outside of this file are made of. */
  static partsOf(stream: DStream<unknown>, operator: string): { readonly graph: GraphBuilder; readonly node: Node } {
    if (!(stream instanceof DStream)) throw new MillraceError('BAD_PROGRAM', `${operator} got ${describeValue(stream)}; it takes a DStream`)
    return { graph: stream.#graph, node: stream.#node }
  }

  /** What StreamingContext.union is made of. */
  static union<T>(graph: GraphBuilder, streams: readonly DStream<T>[]): DStream<T> {
    return new DStream<T>(graph, unionNode(DStream.#nodes(graph, streams, 'union')))
  }

  /** What StreamingContext.transform is made of. */
  static transform<U>(
    graph: GraphBuilder,
    streams: readonly DStream<unknown>[],
    f: (rdds: readonly Rdd<never>[], time: Time) => unknown,
    options: WholeBatch | undefined,
    kind = 'transform',
  ): DStream<U> {
    return new DStream<U>(graph, transformNode(DStream.#nodes(graph, streams, kind), f, options, kind))
  }

  /** What operators outside of the core are made of. */
  static derive<U>(graph: GraphBuilder, streams: readonly DStream<unknown>[], kind: string, make: (nodes: readonly Node[]) => Node): DStream<U> {
    return new DStream<U>(graph, make(DStream.#nodes(graph, streams, kind)))
  }

  // ---- row by row

  /**
   * Returns a DStream of `f(row)`. For pairs use mapToPair: `map` of an array literal is not a pair.
   * @example
   * ssc.queueStream([['to', 'be'], ['or']]).map((word) => word.length) // 2, 2 | 2
   */
  map<U>(f: (value: T) => U & Sync<U>): DStream<U> {
    return this.#next((node) => mapNode(node, f))
  }
  /**
   * Returns a DStream of pairs `f(row)`.
   * @example
   * ssc.queueStream([['to', 'be']]).mapToPair((word) => [word, 1]) // ['to', 1], ['be', 1]
   */
  mapToPair<K extends Key, V>(f: (value: T) => Pair<K, V>): PairDStream<K, V> {
    return this.#next((node) => mapNode(node, f, 'mapToPair'))
  }
  /**
   * Returns a DStream of everything that `f(row)` yields.
   * @example
   * ssc.queueStream([['to be', ''], ['or not']]).flatMap((line) => line.match(/\w+/g) ?? []) // 'to', 'be' | 'or', 'not'
   */
  flatMap<U>(f: (value: T) => Iterable<U>): DStream<U> {
    return this.#next((node) => flatMapNode(node, f))
  }
  /** Returns a DStream of all pairs that `f(row)` yields. */
  flatMapToPair<K extends Key, V>(f: (value: T) => Iterable<Pair<K, V>>): PairDStream<K, V> {
    return this.#next((node) => flatMapNode(node, f, 'flatMapToPair'))
  }
  /** Returns a DStream of `[f(row), row]`: mapToPair. */
  keyBy<K extends Key>(f: (value: T) => K): PairDStream<K, T> {
    return this.#next((node) => mapNode(node, keyedBy(f), 'keyBy'))
  }
  /**
   * Returns a DStream of the rows whose key has not come in the last `within`: of equal keys the first goes through. For producers and webhooks that send twice.
   * A key is remembered for at least `within` from its first record, and at most twice as long, in batch times: where a bounded batch or an outage moves records, a duplicate may come later than that.
   * Costs a shuffle, and a few bytes of state per key.
   * @example
   * ssc.queueStream([['a1', 'b1', 'a2'], ['a3']]).dropDuplicates((word) => word.slice(0, 1), { within: seconds(10), uid: 'once' }) // 'a1', 'b1' | nothing
   */
  dropDuplicates<K extends Key>(key: (value: T) => K, options: DropDuplicatesOptions): DStream<T> {
    return this.keyBy(key).#next((node) => dropDuplicatesNode(node, options))
  }
  /**
   * Returns a DStream of the rows for which `p` holds.
   * @example
   * ssc.queueStream([[1, 2, 3], [4]]).filter((n) => n % 2 === 0) // 2 | 4
   */
  filter<U extends T>(p: (value: T) => value is U): DStream<U>
  filter(p: (value: T) => boolean): DStream<T>
  filter(p: (value: T) => boolean): DStream<T> {
    return this.#next((node) => filterNode(node, p))
  }
  /**
   * Returns a DStream of the rows of both, which must slide together.
   * @example
   * ssc.queueStream([[1], [2]]).union(ssc.queueStream([['a']])) // 1, 'a' | 2
   */
  union<U>(other: DStream<U>): DStream<T | U> {
    return DStream.union<T | U>(this.#graph, [this, other])
  }

  // ---- whole batches

  /**
   * Returns a DStream whose batches are `f(rdd, time)`. Forces one partition unless `perPartition`.
   * @example
   * ssc.queueStream([[3, 1, 2], []]).transform((rdd, time) => rdd.sortBy((n) => n).map((n) => `${n} at ${time}`)) // '1 at 1000 ms', '2 at 1000 ms', '3 at 1000 ms' | nothing
   */
  transform<U>(f: (rdd: Rdd<T>, time: Time) => Rdd<U>, options?: WholeBatch): DStream<U> {
    return DStream.transform(this.#graph, [this], ofOne(f, 'transform'), options)
  }
  /**
   * Returns a DStream whose batches are `f(rdd, other's rdd, time)`; both must slide together. Forces one partition unless `perPartition`.
   * @example
   * const spam = ssc.queueStream([['b']]).mapToPair((w) => [w, true])
   * ssc.queueStream([['a', 'b']]).mapToPair((w) => [w, 1]).transformWith(spam, (rdd, other) => rdd.subtractByKey(other)) // ['a', 1]
   */
  transformWith<U, R>(other: DStream<U>, f: (rdd: Rdd<T>, other: Rdd<U>, time: Time) => Rdd<R>, options?: WholeBatch): DStream<R> {
    return DStream.transform(this.#graph, [this, other], ofTwo(f, 'transformWith'), options, 'transformWith')
  }
  /**
   * Returns a DStream of what `f` yields for all rows of a partition, also of one without rows: a transform per partition.
   * @example
   * ssc.queueStream([[1, 2], [3]]).mapPartitions((rows) => [Math.max(...rows)]) // 2 | 3
   */
  mapPartitions<U>(f: (values: Iterable<T>) => Iterable<U>): DStream<U> {
    return DStream.transform(this.#graph, [this], ofPartition(f, 'mapPartitions'), { perPartition: true }, 'mapPartitions')
  }
  /**
   * Returns a DStream with one array per partition: mapPartitions.
   * @example
   * ssc.queueStream([[1, 2], [3]]).glom() // [1, 2] | [3]
   */
  glom(): DStream<readonly T[]> {
    return this.mapPartitions((values) => [[...values]])
  }
  /**
   * Returns a DStream of the same rows, spread evenly over so many partitions.
   * @example
   * ssc.queueStream([[1, 2, 3, 4]]).repartition(2).glom() // [1, 3], [2, 4]
   */
  repartition(numPartitions: number, options?: Named): DStream<T> {
    return this.#next((node) => repartitionNode(node, numPartitions, options))
  }
  /**
   * Returns a DStream of one row per batch, all rows combined by an associative and commutative function; nothing for an empty batch: reduceByKey with one key.
   * @example
   * ssc.queueStream([[1, 2, 3], [], [4]]).reduce((a, b) => a + b) // 6 | nothing | 4
   */
  reduce(f: (a: T, b: T) => T): DStream<T> {
    return this.mapToPair((value) => [null, value])
      .reduceByKey(f, { numPartitions: 1 })
      .map(([, value]) => value as T & Sync<T>)
  }
  /**
   * Returns a DStream of one number per batch: how many rows it has; 0 for an empty one.
   * @example
   * ssc.queueStream([['a', 'b'], []]).count() // 2 | 0
   */
  count(): DStream<number> {
    return this.mapToPair(() => [null, 1]).#next<Pair<null, number>>(countNode).map(([, n]) => n)
  }
  /**
   * Returns a DStream of `[row, how often]` per batch: reduceByKey.
   * @example
   * ssc.queueStream([['a', 'b', 'a'], ['b']]).countByValue() // ['a', 2], ['b', 1] | ['b', 1]
   */
  countByValue<K extends Key>(this: DStream<K>, options?: Shuffle & Named): PairDStream<K, number> {
    return this.mapToPair((value) => [value, 1]).reduceByKey((a, b) => a + b, options)
  }

  // ---- windows: `window` and `slide` must be multiples of this stream's slide; without `slide` it is this stream's

  /**
   * Returns a DStream that yields, every slide, all rows of the last `window`.
   * @example
   * ssc.queueStream([[1], [2], [3], []]).window(seconds(2)) // 1 | 1, 2 | 2, 3 | 3
   */
  window(window: Duration, slide?: Duration, options?: Named): DStream<T> {
    return this.#next((node) => windowNode(node, window, slide, options))
  }
  /** Returns a DStream of one row per slide, the rows of the window combined; nothing for an empty window; with an inverse only what changes is combined: reduceByKeyAndWindow with one key. */
  reduceByWindow(f: (a: T, b: T) => T, window: Duration, slide: Duration, options?: Named): DStream<T>
  reduceByWindow(f: (a: T, b: T) => T, inverse: (a: T, b: T) => T, window: Duration, slide: Duration, options?: Named): DStream<T>
  reduceByWindow(f: (a: T, b: T) => T, ...args: readonly unknown[]): DStream<T> {
    return this.mapToPair((value) => [null, value]).#next<Pair<null, T>>((node) => reduceWindowedNode(node, f, args, { numPartitions: 1 })).map(
      ([, value]) => value as T & Sync<T>,
    )
  }
  /** Returns a DStream of one number per slide: how many rows the window has: reduceByWindow with an inverse. 0 once it is empty again; nothing before the first row ever. */
  countByWindow(window: Duration, slide: Duration, options?: Named): DStream<number> {
    return this.map(() => 1).reduceByWindow(add, subtract, window, slide, options)
  }
  /**
   * Returns a DStream of `[row, how often]` in the window: reduceByKeyAndWindow with an inverse that drops what is not there any more.
   * @example
   * ssc.queueStream([['a', 'b'], ['a'], []]).countByValueAndWindow(seconds(2), seconds(1)) // ['a', 1], ['b', 1] | ['a', 2], ['b', 1] | ['a', 1] | nothing
   */
  countByValueAndWindow<K extends Key>(this: DStream<K>, window: Duration, slide: Duration, options?: Shuffle & Named): PairDStream<K, number> {
    return this.mapToPair((value) => [value, 1]).reduceByKeyAndWindow(add, subtract, window, slide, { ...options, filter: ([, n]) => n !== 0 })
  }

  // ---- keyed: compile on pairs only

  /**
   * Returns a DStream with `f(value)` beside each key.
   * @example
   * const words = ssc.queueStream([['a', 'b'], ['a']]).mapToPair((w) => [w, 1])
   * words.mapValues((n) => n + 1) // ['a', 2], ['b', 2] | ['a', 2]
   */
  mapValues<K extends Key, V, U>(this: PairDStream<K, V>, f: (value: V) => U & Sync<U>): PairDStream<K, U> {
    return this.#next((node) => mapValuesNode(node, f))
  }
  /**
   * Returns a DStream with each of `f(value)` beside the key.
   * @example
   * ssc.queueStream([['a b', 'c']]).keyBy((line) => line.length).flatMapValues((line) => line.split(' ')) // [3, 'a'], [3, 'b'], [1, 'c']
   */
  flatMapValues<K extends Key, V, U>(this: PairDStream<K, V>, f: (value: V) => Iterable<U>): PairDStream<K, U> {
    return this.#next((node) => flatMapValuesNode(node, 'flatMapValues', ofValue(f, 'flatMapValues')))
  }
  /**
   * Returns a DStream of one pair per key and batch: its values, combined by an associative and commutative function.
   * @example
   * ssc.queueStream([['a', 'b', 'a'], ['a']]).mapToPair((w) => [w, 1]).reduceByKey((a, b) => a + b) // ['a', 2], ['b', 1] | ['a', 1]
   */
  reduceByKey<K extends Key, V>(this: PairDStream<K, V>, f: (a: V, b: V) => V, options?: Shuffle & Named): PairDStream<K, V> {
    return this.#next((node) => combineByKeyNode(node, reducer(f, 'reduceByKey'), options, 'reduceByKey'))
  }
  /**
   * Returns a DStream of one pair per key and batch: all its values, in the order of arrival.
   * @example
   * ssc.queueStream([['ann 1', 'bob 2', 'ann 3']]).mapToPair((line) => [line.slice(0, 3), line.at(-1)]).groupByKey() // ['ann', ['1', '3']], ['bob', ['2']]
   */
  groupByKey<K extends Key, V>(this: PairDStream<K, V>, options?: Shuffle & Named): PairDStream<K, readonly V[]> {
    return this.#next((node) => combineByKeyNode(node, LISTS, options, 'groupByKey'))
  }
  /**
   * Returns a DStream of one pair per key and batch: its values, aggregated into something of another type. `mapSideCombine: false` sends the values as they are.
   * @example
   * const sizes = ssc.queueStream([['a 1', 'a 5']]).mapToPair((line) => [line.slice(0, 1), Number(line.slice(2))])
   * sizes.combineByKey((n) => ({ sum: n, m: 1 }), (c, n) => ({ sum: c.sum + n, m: c.m + 1 }), (a, b) => ({ sum: a.sum + b.sum, m: a.m + b.m })) // ['a', { sum: 6, m: 2 }]
   */
  combineByKey<K extends Key, V, C>(
    this: PairDStream<K, V>,
    create: (value: V) => C & Sync<C>,
    mergeValue: (combined: C, value: V) => C,
    mergeCombiners: (a: C, b: C) => C,
    options?: Shuffle & Named & { readonly mapSideCombine?: boolean },
  ): PairDStream<K, C> {
    return this.#next((node) =>
      combineByKeyNode(
        node,
        aggregator({ create, mergeValue, mergeCombiners, mapSide: options?.mapSideCombine !== false }, 'combineByKey'),
        options,
        'combineByKey',
      ),
    )
  }
  /**
   * Returns a DStream of one pair per key and slide: the values of the window, combined. With an inverse a slide costs what changes; keys stay, with a neutral value, until `filter` drops them.
   * @example
   * const words = ssc.queueStream([['a', 'b'], ['a']]).mapToPair((w) => [w, 1])
   * words.reduceByKeyAndWindow((a, b) => a + b, (a, b) => a - b, seconds(2), seconds(1), { uid: 'counts', filter: ([, n]) => n > 0 }) // ['a', 1], ['b', 1] | ['a', 2], ['b', 1] | ['a', 1] | nothing
   */
  reduceByKeyAndWindow<K extends Key, V>(
    this: PairDStream<K, V>,
    f: (a: V, b: V) => V,
    window: Duration,
    slide?: Duration,
    options?: Shuffle & Named,
  ): PairDStream<K, V>
  reduceByKeyAndWindow<K extends Key, V>(
    this: PairDStream<K, V>,
    f: (a: V, b: V) => V,
    inverse: (a: V, b: V) => V,
    window: Duration,
    slide?: Duration,
    options?: Shuffle & Named & { readonly filter?: (pair: Pair<K, V>) => boolean },
  ): PairDStream<K, V>
  reduceByKeyAndWindow<K extends Key, V>(this: PairDStream<K, V>, f: (a: V, b: V) => V, ...args: readonly unknown[]): PairDStream<K, V> {
    return this.#next((node) => reduceWindowedNode(node, f, args, {}))
  }
  /** Returns a DStream of one pair per key and slide: all values of the window, oldest first: groupByKey, window, groupByKey. */
  groupByKeyAndWindow<K extends Key, V>(this: PairDStream<K, V>, window: Duration, slide?: Duration, options?: Shuffle & Named): PairDStream<K, readonly V[]> {
    return this.groupByKey(without(options))
      .window(window, slide, options)
      .groupByKey(without(options))
      .mapValues((lists) => lists.flat() as readonly V[])
  }
  /**
   * Returns a DStream of `[key, [values here, values there]]` for the keys of either; both must slide together.
   * @example
   * const ages = ssc.queueStream([['ann', 'bob']]).mapToPair((name) => [name, 30])
   * ages.cogroup(ssc.queueStream([['ann']]).mapToPair((name) => [name, 'pro'])) // ['ann', [[30], ['pro']]], ['bob', [[30], []]]
   */
  cogroup<K extends Key, V, W>(this: PairDStream<K, V>, other: PairDStream<K, W>, options?: Shuffle & Named): PairDStream<K, Cogrouped<V, W>> {
    return new DStream(this.#graph, cogroupNode(DStream.#nodes(this.#graph, [this, other], 'cogroup'), options))
  }
  /** Returns a DStream of `[key, [value here, value there]]`, every combination: cogroup. */
  join<K extends Key, V, W>(this: PairDStream<K, V>, other: PairDStream<K, W>, options?: Shuffle & Named): PairDStream<K, readonly [V, W]> {
    return this.cogroup(other, options).flatMapValues((sides) => inner(sides))
  }
  /**
   * Returns a DStream of `[key, [value here, value there]]`; undefined where there is none there: cogroup.
   * @example
   * const ages = ssc.queueStream([['ann', 'bob']]).mapToPair((name) => [name, 30])
   * ages.leftOuterJoin(ssc.queueStream([['ann']]).mapToPair((name) => [name, 'pro'])) // ['ann', [30, 'pro']], ['bob', [30, undefined]]
   */
  leftOuterJoin<K extends Key, V, W>(
    this: PairDStream<K, V>,
    other: PairDStream<K, W>,
    options?: Shuffle & Named,
  ): PairDStream<K, readonly [V, W | undefined]> {
    return this.cogroup(other, options).flatMapValues((sides) => leftOuter(sides))
  }
  /** Returns a DStream of `[key, [value here, value there]]`; undefined where there is none here: cogroup. */
  rightOuterJoin<K extends Key, V, W>(
    this: PairDStream<K, V>,
    other: PairDStream<K, W>,
    options?: Shuffle & Named,
  ): PairDStream<K, readonly [V | undefined, W]> {
    return this.cogroup(other, options).flatMapValues((sides) => rightOuter(sides))
  }
  /** Returns a DStream of `[key, [value here, value there]]`; undefined where a side has none: cogroup. */
  fullOuterJoin<K extends Key, V, W>(
    this: PairDStream<K, V>,
    other: PairDStream<K, W>,
    options?: Shuffle & Named,
  ): PairDStream<K, readonly [V | undefined, W | undefined]> {
    return this.cogroup(other, options).flatMapValues((sides) => fullOuter(sides))
  }
  /**
   * Returns a DStream of `[key, [value, table value]]` for the keys that the table has. With `key`, a function of the row: of `[row, table value]`, of rows that need not be pairs.
   * @example
   * const plans = ssc.staticTable('plans', async () => [['ann', 'pro']])
   * ssc.queueStream([['ann', 'bob']]).mapToPair((user) => [user, 1]).joinTable(plans) // ['ann', [1, 'pro']]
   */
  joinTable<K extends Key, V, W>(this: PairDStream<K, V>, table: StaticTable<K, W>): PairDStream<K, readonly [V, W]>
  joinTable<K extends Key, W>(table: StaticTable<K, W>, key: (value: T) => K): DStream<readonly [T, W]>
  joinTable(table: StaticTable, key?: (value: T) => Key): DStream<unknown> {
    return this.#next((node) => joinTableNode(node, table, { outer: false, key }))
  }
  /** Returns a DStream of `[key, [value, table value]]`, or with `key` of `[row, table value]`; undefined where the table has not the key. */
  leftOuterJoinTable<K extends Key, V, W>(this: PairDStream<K, V>, table: StaticTable<K, W>): PairDStream<K, readonly [V, W | undefined]>
  leftOuterJoinTable<K extends Key, W>(table: StaticTable<K, W>, key: (value: T) => K): DStream<readonly [T, W | undefined]>
  leftOuterJoinTable(table: StaticTable, key?: (value: T) => Key): DStream<unknown> {
    return this.#next((node) => joinTableNode(node, table, { outer: true, key }))
  }

  // ---- state

  /** Spark's iterator form: called once per partition with all of its keys; what it returns is the new state, and the batch. */
  updateStateByKey<K extends Key, V, S>(
    this: PairDStream<K, V>,
    f: (entries: readonly (readonly [key: K, values: readonly V[], state: S | undefined])[], time: Time) => Iterable<Pair<K, S>>,
    options: Shuffle & Named & { readonly perPartition: true; readonly initialState?: StaticTable<K, NoInfer<S>> },
  ): PairDStream<K, S>
  /**
   * Returns a DStream of the state of every key, in every batch: `f` is called for all keys that have state or new values; undefined forgets the key. Prefer mapWithState, which costs what arrives.
   * @example
   * const words = ssc.queueStream([['a', 'b'], ['a']]).mapToPair((w) => [w, 1])
   * words.updateStateByKey((ones, sum: number | undefined) => (sum ?? 0) + ones.length, { uid: 'sums' }) // ['a', 1], ['b', 1] | ['a', 2], ['b', 1]
   */
  updateStateByKey<K extends Key, V, S>(
    this: PairDStream<K, V>,
    f: (values: readonly V[], state: S | undefined, key: K, time: Time) => (S & Sync<S>) | undefined,
    options?: Shuffle & Named & { readonly initialState?: StaticTable<K, NoInfer<S>> },
  ): PairDStream<K, S>
  updateStateByKey<K extends Key, V, S>(this: PairDStream<K, V>, f: (...args: never) => unknown, options?: UpdateStateOptions): PairDStream<K, S> {
    return this.#next((node) => updateStateByKeyNode(node, f, options))
  }
  /**
   * Returns a DStream of what `f` returns for every record, given the state of its key. Preferred: key and value are inferred from the stream, only `state: State<S>` is written.
   * @example
   * const words = ssc.queueStream([['a', 'b'], ['a']]).mapToPair((w) => [w, 1])
   * words.mapWithState((word, one, state: State<number>) => {
   *   const sum = (state.getOption() ?? 0) + (one ?? 0)
   *   state.update(sum)
   *   return `${word} ${sum}`
   * }, { uid: 'sums' }) // 'a 1', 'b 1' | 'a 2'
   */
  mapWithState<K extends Key, V, S, M>(
    this: PairDStream<K, V>,
    f: StateMapping<K, V, S, M> & Sync<M>,
    options?: Shuffle & Named & { readonly timeout?: Duration; readonly initialState?: StaticTable<K, NoInfer<S>> },
  ): MapWithStateDStream<K, S, M>
  /** Spark's form. */
  mapWithState<K extends Key, V, S, M>(this: PairDStream<K, V>, spec: StateSpec<K, V, S, M>): MapWithStateDStream<K, S, M>
  mapWithState<K extends Key, V, S, M>(
    this: PairDStream<K, V>,
    f: StateMapping<K, V, S, M> | StateSpec<K, V, S, M>,
    options?: object,
  ): MapWithStateDStream<K, S, M> {
    return new MapWithStateDStream<K, S, M>(this.#graph, mapWithStateOf(this.#node, f, options))
  }

  // ---- outputs

  /**
   * Shows the first `num` rows of each batch. @default 10
   * @example
   * ssc.queueStream([['a', 'b']]).print(1) // Time: 1000 ms, a, ...
   */
  print(num?: number): void {
    this.#out((node) => printNode(node, num))
  }
  /**
   * Shows the rows of each batch on the dashboard of the page (`millrace ui`). Of pairs, without options: bars of the newest batch, the largest 20.
   * What is too much for a plot is left out, and counted on it: a plot never stops a batch.
   * @example
   * ssc.queueStream([['a', 'b', 'a']]).countByValue().plot('Letters')
   */
  plot(title: string, options?: PlotOptions): void {
    this.#out((node) => plotNode(node, title, options))
  }
  /**
   * Writes the rows of each batch to files of a format. Without options to Spark's folder of each batch, `prefix-<TIME_IN_MS>[.suffix]/part-00000`; with `layout` or `partitionBy` all files lie
   * in one folder, as tables do: `prefix/dt=2026-11-27/hour=05/country=de/<TIME_IN_MS>-00000.csv`, and `prefix/_batches/<TIME_IN_MS>.json` lists those of a batch once they are all there.
   * A row that does not fit the format's columns goes to the dead letters.
   * @example
   * ssc.queueStream([['a', 'b']]).countByValue().saveAsFiles('counts', jsonLinesFile()) // counts-1000: ["a",1], ["b",1]
   */
  saveAsFiles<R, C extends Columns>(
    this: DStream<R>,
    prefix: string,
    format: FileFormat<C> & { readonly columns: Fitting<R, C> | undefined },
    options?: SaveAsFilesOptions<R>,
  ): void {
    this.#out((node) => saveAsFilesNode(node, { operator: 'saveAsFiles', prefix, format, ...(options === undefined ? {} : { options }) }))
  }
  /**
   * Writes each batch to the folder `prefix-<TIME_IN_MS>[.suffix]`: strings as they are, everything else as JSON, a line each: saveAsFiles of textFile.
   * @example
   * ssc.queueStream([['a', 'b']]).saveAsTextFiles('letters', 'txt') // letters-1000.txt: a, b
   */
  saveAsTextFiles(prefix: string, suffix?: string): void {
    this.#out((node) => saveAsFilesNode(node, { operator: 'saveAsTextFiles', prefix, format: textFile(), suffix: suffix ?? '' }))
  }
  /**
   * Writes each batch to the folder `prefix-<TIME_IN_MS>`: JSON, a line each: saveAsFiles of jsonLinesFile.
   * @example
   * ssc.queueStream([['a', 'b']]).countByValue().saveAsJsonFiles('counts') // counts-1000: ["a",1], ["b",1]
   */
  saveAsJsonFiles(prefix: string): void {
    this.#out((node) => saveAsFilesNode(node, { operator: 'saveAsJsonFiles', prefix, format: jsonLinesFile() }))
  }
  /** Writes each batch to the folder `prefix-<TIME_IN_MS>[.suffix]` in Millrace's own encoding, which keeps every value as it is. */
  saveAsObjectFiles(prefix: string, suffix?: string): void {
    this.#out((node) => saveAsFilesNode(node, { operator: 'saveAsObjectFiles', prefix, format: objectFile(), suffix: suffix ?? '' }))
  }
  /**
   * Called after the batch is committed, with the committed rows, at least once. `id` is the same for every attempt at this batch and partition: make the write idempotent by it.
   * @example
   * ssc.queueStream([['a']]).foreachRDD(async (rdd, { id, time }) => {
   *   await fetch('https://example.com/batches', { method: 'POST', headers: { 'idempotency-key': id }, body: JSON.stringify([time, ...rdd]) })
   * })
   */
  foreachRDD(f: (rdd: Rdd<T>, batch: ForeachBatch) => void | Promise<void>, options?: WholeBatch & Named): void {
    this.#out((node) => foreachRddNode(node, f as (rdd: Rdd<unknown>, batch: ForeachBatch) => void | Promise<void>, options))
  }
  /**
   * Writes each batch's committed rows, partition by partition, to a sink: `foreachRDD` with `perPartition` for a target that knows which batch it has written last. Whether a batch's
   * effect is there exactly once is the sink's `guarantee`.
   * @example
   * const lines: string[] = []
   * ssc.queueStream([['a', 'b']]).saveTo({ name: 'lines', guarantee: 'at-least-once', write: async (rows) => void lines.push(...rows) }) // "a", "b"
   */
  saveTo<R, C extends Columns>(this: DStream<R>, sink: ColumnSink<C> & { readonly columns: Fitting<R, C> }, options?: Named): void
  saveTo(sink: Sink<T> & { readonly columns?: never }, options?: Named): void
  saveTo(sink: object, options?: Named): void {
    this.#out((node) => saveToNode(node, sink as Sink<unknown>, options))
  }
}

/** What mapWithState puts out, and its state. */
export class MapWithStateDStream<K extends Key, S, out M> extends DStream<M> {
  readonly #snapshots: () => PairDStream<K, S>

  constructor(graph: GraphBuilder, { node, initialState }: { readonly node: NarrowNode; readonly initialState: StaticTable | undefined }) {
    super(graph, node)
    this.#snapshots = () => new DStream(graph, stateSnapshotsNode(node, initialState))
  }

  /**
   * Returns a DStream of all keys with their state, after each batch: it costs the keys that exist.
   * @example
   * const words = ssc.queueStream([['a', 'b'], ['a']]).mapToPair((w) => [w, 1])
   * words.mapWithState((_word, _one, state: State<number>) => state.update((state.getOption() ?? 0) + 1)).stateSnapshots() // ['a', 1], ['b', 1] | ['a', 2], ['b', 1]
   */
  stateSnapshots(): PairDStream<K, S> {
    return this.#snapshots()
  }
}

function add(a: number, b: number): number {
  return a + b
}

function subtract(a: number, b: number): number {
  return a - b
}

/** Of a composition the window carries the name: it holds the state. */
function without(options: (Shuffle & Named) | undefined): Shuffle {
  return options?.numPartitions === undefined ? {} : { numPartitions: options.numPartitions }
}
