import { checkFunction, checkIterable } from '../dstream/check-function.ts'
import { DStream } from '../dstream/dstream.ts'
import type { BarrierNode, Node } from '../dstream/node.ts'
import { notInReceive } from '../values/in-receive.ts'
import { time, type Time } from '../values/time.ts'
import { edgeOf, type Edge, type EdgeRow } from './edge.ts'
import { checkLimits, Graph, type GraphOptions } from './graph.ts'

const KIND = 'graphOf'
type Build = (graph: Graph<number, unknown>, at: Time) => unknown

/**
 * Returns a DStream of the rows that `f` makes of the graph of each batch's edges, or of each window's, in one partition. Rows that are no edges go to the dead letters.
 * A graph that takes more beside its rows than a task may hold (docs/semantics.md, limits) is refused, and the batch waits.
 * @example
 * graphOf(follows.window(minutes(10)), (graph) => graph.pageRank(0.001).vertices) // ['ann', 1.2], ['bob', 0.8] ...
 */
export function graphOf<ED = number, U = unknown>(
  stream: DStream<EdgeRow<ED>>,
  f: (graph: Graph<number, ED>, time: Time) => Iterable<U>,
  options: GraphOptions = {},
): DStream<U> {
  checkFunction(f, KIND)
  checkLimits(KIND, options)
  const { graph } = DStream.partsOf(stream, KIND)
  const edges = stream.flatMap((row): readonly Edge<ED>[] => [edgeOf(row)])
  return DStream.derive<U>(graph, [edges], KIND, ([node]) => graphNode(node as Node, f as unknown as Build, options))
}

function graphNode(parent: Node, f: Build, options: GraphOptions): BarrierNode {
  return Object.freeze<BarrierNode>({
    shape: 'barrier',
    kind: KIND,
    uid: undefined,
    parents: [parent],
    slideMs: parent.slideMs,
    params: {},
    distribution: { kind: 'whole' },
    combiner: undefined,
    stateful: undefined,
    keepsKeys: false,
    compute: import.meta.inReceive
      ? notInReceive
      : ([rows = []], { time: at, maxTaskBytes = Infinity }) => {
          const made = Graph.fromEdges(rows as readonly Edge<unknown>[], 1, { maxEdges: Infinity, maxBytes: maxTaskBytes, ...options })
          return [...checkIterable(f(made, time(at)), KIND)]
        },
  })
}
