import { checkPartitions, uidOf } from './check-options.ts'
import type { Named } from './keyed-options.ts'
import type { BarrierNode, Node } from './node.ts'

/**
 * Returns a node with the same rows, spread evenly over `numPartitions`: for work on rows that is too much for one process behind a shuffle.
 * @example
 * ssc.queueStream([[1, 2, 3, 4]]).repartition(2).mapPartitions((rows) => [[...rows].length]) // 2, 2
 */
export function repartitionNode(parent: Node, numPartitions: number, options?: Named): BarrierNode {
  checkPartitions(numPartitions, 'repartition')
  return Object.freeze<BarrierNode>({
    shape: 'barrier',
    kind: 'repartition',
    uid: uidOf(options, 'repartition'),
    parents: [parent],
    slideMs: parent.slideMs,
    params: { numPartitions },
    distribution: { kind: 'spread', numPartitions },
    combiner: undefined,
    stateful: undefined,
    keepsKeys: false,
    compute: ([rows = []]) => rows,
  })
}
