import { checkFunction } from './check-function.ts'
import { byKey, uidOf } from './check-options.ts'
import { formOf } from './form-of.ts'
import type { Formed, Named, Shuffle } from './keyed-options.ts'
import type { BarrierNode, Combiner, Node } from './node.ts'

/** How values of a key become one, in the user's types. */
export interface Aggregation {
  readonly create: (value: never) => unknown
  readonly mergeValue: (combined: never, value: never) => unknown
  readonly mergeCombiners: (a: never, b: never) => unknown
  readonly mapSide: boolean
}

/** Every value of a key in a list, in the order of arrival; nothing is won by combining before the shuffle. */
export const LISTS: Combiner = Object.freeze<Combiner>({
  create: (value) => [value],
  mergeValue: (list, value) => {
    ;(list as unknown[]).push(value)
    return list
  },
  mergeCombiners: (a, b) => [...(a as readonly unknown[]), ...(b as readonly unknown[])],
  mapSide: false,
  operator: 'groupByKey',
})

/** Returns the combiner of an associative function. */
export function reducer(f: (a: never, b: never) => unknown, operator: string): Combiner {
  checkFunction(f, operator)
  return Object.freeze<Combiner>({ create: (value) => value, mergeValue: f, mergeCombiners: f, mapSide: true, operator })
}

/** Returns the combiner of combineByKey's three functions. */
export function aggregator(aggregation: Aggregation, operator: string): Combiner {
  checkFunction(aggregation.create, operator)
  checkFunction(aggregation.mergeValue, operator)
  checkFunction(aggregation.mergeCombiners, operator)
  const { create, mergeValue, mergeCombiners, mapSide } = aggregation as Omit<Combiner, 'operator'>
  return Object.freeze<Combiner>({ create, mergeValue, mergeCombiners, mapSide, operator })
}

/**
 * Returns a node of one pair per key of the batch, its values combined, in the order of the keys. Also reduceByKey and groupByKey.
 * @example
 * const words = ssc.queueStream([['a', 'b', 'a']]).mapToPair((w) => [w, 1])
 * words.combineByKey((n) => [n], (ns, n) => [...ns, n], (a, b) => [...a, ...b]) // ['a', [1, 1]], ['b', [1]]
 */
export function combineByKeyNode(parent: Node, combiner: Combiner, options: (Shuffle & Named & Formed) | undefined, kind: string): BarrierNode {
  return Object.freeze<BarrierNode>({
    shape: 'barrier',
    kind,
    uid: uidOf(options, kind),
    parents: [parent],
    slideMs: parent.slideMs,
    params: { numPartitions: options?.numPartitions ?? null, ...formOf(options) },
    distribution: byKey(options, kind),
    combiner,
    stateful: undefined,
    keepsKeys: true,
    // The plan combines before this is called, on the map side and behind the shuffle.
    compute: ([rows = []]) => rows,
  })
}
