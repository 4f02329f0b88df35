import { nextSlide } from './next-slide.ts'
import type { BarrierNode, Combiner, Node } from './node.ts'
import { notInReceive } from '../values/in-receive.ts'

/** Counts on the map side; the rows that arrive are `[null, how many]`. */
const SUM: Combiner = Object.freeze<Combiner>({ create: (n) => n, mergeValue: add, mergeCombiners: add, mapSide: true, operator: 'count' })

/**
 * Returns a node of one number per batch: how many rows the parent's batch has, 0 of an empty one. The parent's rows are `[null, 1]` each; its own are `[null, count]`.
 * Runs in every batch, as Spark's does, until a whole batch without input puts out nothing.
 * @example
 * ssc.queueStream([['a', 'b'], []]).count() // 2 | 0
 */
export function countNode(parent: Node): BarrierNode {
  return Object.freeze<BarrierNode>({
    shape: 'barrier',
    kind: 'count',
    uid: undefined,
    parents: [parent],
    slideMs: parent.slideMs,
    params: {},
    distribution: { kind: 'key', numPartitions: 1 },
    combiner: SUM,
    stateful: undefined,
    keepsKeys: true,
    fromBeginning: true,
    compute: import.meta.inReceive ? notInReceive : ([rows = []], { time }) => (time % parent.slideMs !== 0 ? null : rows.length > 0 ? rows : [[null, 0]]),
    nextDue: import.meta.inReceive ? notInReceive : ({ time }, { idle }) => (idle && time % parent.slideMs === 0 ? null : nextSlide(time, parent.slideMs)),
  })
}

function add(a: unknown, b: unknown): number {
  return (a as number) + (b as number)
}
