import type { Key } from '../values/key.ts'
import type { Pair } from '../values/pair.ts'
import { cogroup } from '../rdd/cogroup.ts'
import { byKey, uidOf } from './check-options.ts'
import { sameSlide } from './check-slides.ts'
import type { Named, Shuffle } from './keyed-options.ts'
import type { BarrierNode, Node } from './node.ts'
import { notInReceive } from '../values/in-receive.ts'

type Pairs = readonly Pair<Key, unknown>[]

/**
 * Returns a node over two parents: `[key, [values of the left, values of the right]]` for every key of either side, in the order of the keys. The four joins are made of it.
 * @example
 * const left = ssc.queueStream([['a', 'b']]).mapToPair((w) => [w, 1])
 * const right = ssc.queueStream([['a']]).mapToPair((w) => [w, 'x'])
 * left.cogroup(right) // ['a', [[1], ['x']]], ['b', [[1], []]]
 */
export function cogroupNode(parents: readonly Node[], options: (Shuffle & Named) | undefined): BarrierNode {
  const kind = 'cogroup'
  return Object.freeze<BarrierNode>({
    shape: 'barrier',
    kind,
    uid: uidOf(options, kind),
    parents,
    slideMs: sameSlide(parents, kind),
    params: { numPartitions: options?.numPartitions ?? null },
    distribution: byKey(options, kind),
    combiner: undefined,
    stateful: undefined,
    keepsKeys: true,
    compute: import.meta.inReceive ? notInReceive : ([a = [], b = []]) => cogroup(a as Pairs, b as Pairs),
  })
}
