// Over 150 lines because it is the whole fluent surface: one line per operator, which stands in its own file.
import { MillraceError } from '../errors.ts'
import type { Key } from '../key.ts'
import type { Pair } from '../pair.ts'
import type { Rdd } from '../rdd/rdd.ts'
import type { StaticTable } from '../static-table.ts'
import type { Sync } from '../sync.ts'
import type { Time } from '../time.ts'
import { combineByKeyNode, LISTS, reducer } from './combine-by-key.ts'
import { filterNode } from './filter.ts'
import { flatMapNode } from './flat-map.ts'
import type { GraphBuilder } from './graph-builder.ts'
import { joinTableNode } from './join-table.ts'
import type { Named, Shuffle, WholeBatch } from './keyed-options.ts'
import { mapValuesNode } from './map-values.ts'
import { keyedBy, mapNode } from './map.ts'
import type { ForeachBatch, Node, OutputNode } from './node.ts'
import { foreachRddNode, printNode, saveAsFilesNode } from './outputs.ts'
import { ofOne, transformNode } from './transform.ts'
import { unionNode } from './union.ts'

/** A DStream of pairs: what the keyed operators take. */
export type PairDStream<K extends Key, V> = DStream<Pair<K, V>>

/** A stream of batches of rows. Immutable: every operator returns a new one, and nothing runs until a runner plans the job. */
export class DStream<out T> {
  readonly #graph: GraphBuilder
  readonly #node: Node

  constructor(graph: GraphBuilder, node: Node) {
    this.#graph = graph
    this.#node = node
  }

  #next<U>(make: (node: Node) => Node): DStream<U> {
    const node = make(this.#node)
    this.#graph.assertOpen(node.kind)
    return new DStream<U>(this.#graph, node)
  }

  #out(make: (node: Node) => OutputNode): void {
    this.#graph.addOutput(make(this.#node))
  }

  static #nodes(graph: GraphBuilder, streams: readonly DStream<unknown>[], operator: string): readonly Node[] {
    for (const stream of streams) if (stream.#graph !== graph) throw new MillraceError('BAD_PROGRAM', `${operator}: Some of the DStreams have different contexts; all streams must come from the ssc of one job`)
    return streams.map((stream) => stream.#node)
  }

  /** What StreamingContext.union is made of. */
  static union<T>(graph: GraphBuilder, streams: readonly DStream<T>[]): DStream<T> {
    graph.assertOpen('union')
    return new DStream<T>(graph, unionNode(DStream.#nodes(graph, streams, 'union')))
  }

  // ---- row by row

  /** Returns a DStream of `f(row)`. For pairs use mapToPair: `map` of an array literal is not a pair. */
  map<U>(f: (value: T) => U & Sync<U>): DStream<U> {
    return this.#next((node) => mapNode(node, f))
  }
  /** Returns a DStream of pairs `f(row)`. */
  mapToPair<K extends Key, V>(f: (value: T) => Pair<K, V>): PairDStream<K, V> {
    return this.#next((node) => mapNode(node, f, 'mapToPair'))
  }
  /** Returns a DStream of everything that `f(row)` yields. */
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
  /** Returns a DStream of the rows for which `p` holds. */
  filter<U extends T>(p: (value: T) => value is U): DStream<U>
  filter(p: (value: T) => boolean): DStream<T>
  filter(p: (value: T) => boolean): DStream<T> {
    return this.#next((node) => filterNode(node, p))
  }
  /** Returns a DStream of the rows of both. */
  union<U>(other: DStream<U>): DStream<T | U> {
    return DStream.union<T | U>(this.#graph, [this, other])
  }

  // ---- whole batches

  /** Returns a DStream whose batches are `f(rdd, time)`. Forces one partition unless `perPartition`. */
  transform<U>(f: (rdd: Rdd<T>, time: Time) => Rdd<U>, options?: WholeBatch): DStream<U> {
    return this.#next((node) => transformNode([node], ofOne(f, 'transform'), options))
  }

  // ---- keyed: compile on pairs only

  /** Returns a DStream with `f(value)` beside each key. */
  mapValues<K extends Key, V, U>(this: PairDStream<K, V>, f: (value: V) => U & Sync<U>): PairDStream<K, U> {
    return this.#next((node) => mapValuesNode(node, f))
  }
  /** Returns a DStream of one pair per key and batch: its values, combined by an associative and commutative function. */
  reduceByKey<K extends Key, V>(this: PairDStream<K, V>, f: (a: V, b: V) => V, options?: Shuffle & Named): PairDStream<K, V> {
    return this.#next((node) => combineByKeyNode(node, reducer(f, 'reduceByKey'), options, 'reduceByKey'))
  }
  /** Returns a DStream of one pair per key and batch: all its values, in the order of arrival. */
  groupByKey<K extends Key, V>(this: PairDStream<K, V>, options?: Shuffle & Named): PairDStream<K, readonly V[]> {
    return this.#next((node) => combineByKeyNode(node, LISTS, options, 'groupByKey'))
  }
  /** Returns a DStream of `[key, [value, table value]]` for the keys that the table has. */
  joinTable<K extends Key, V, W>(this: PairDStream<K, V>, table: StaticTable<K, W>): PairDStream<K, readonly [V, W]> {
    return this.#next((node) => joinTableNode(node, table as unknown as StaticTable, { outer: false }))
  }
  /** Returns a DStream of `[key, [value, table value]]`; undefined where the table has not the key. */
  leftOuterJoinTable<K extends Key, V, W>(this: PairDStream<K, V>, table: StaticTable<K, W>): PairDStream<K, readonly [V, W | undefined]> {
    return this.#next((node) => joinTableNode(node, table as unknown as StaticTable, { outer: true }))
  }

  // ---- outputs

  /** Shows the first `num` rows of each batch. */
  print(num?: number): void {
    this.#out((node) => printNode(node, num))
  }
  /** Writes each batch to the folder `prefix-<TIME_IN_MS>[.suffix]`: strings as they are, everything else as JSON, a line each. */
  saveAsTextFiles(prefix: string, suffix?: string): void {
    this.#out((node) => saveAsFilesNode(node, 'text', prefix, suffix))
  }
  /** Writes each batch to the folder `prefix-<TIME_IN_MS>`: JSON, a line each. */
  saveAsJsonFiles(prefix: string): void {
    this.#out((node) => saveAsFilesNode(node, 'json', prefix))
  }
  /** Writes each batch to the folder `prefix-<TIME_IN_MS>[.suffix]` in Millrace's own encoding, which keeps every value as it is. */
  saveAsObjectFiles(prefix: string, suffix?: string): void {
    this.#out((node) => saveAsFilesNode(node, 'object', prefix, suffix))
  }
  /** Called after the batch is committed, with the committed rows, at least once. `id` is the same for every attempt at this batch and partition: make the write idempotent by it. */
  foreachRDD(f: (rdd: Rdd<T>, batch: ForeachBatch) => void | Promise<void>, options?: WholeBatch & Named): void {
    this.#out((node) => foreachRddNode(node, f as (rdd: Rdd<unknown>, batch: ForeachBatch) => void | Promise<void>, options))
  }
}
