import type { DStream } from '../dstream/dstream.ts'
import type { Time } from '../values/time.ts'
import { edgeOf, type Edge, type EdgeRow } from './edge.ts'
import { Graph, type GraphOptions } from './graph.ts'

/**
 * Returns a DStream of the rows that `f` makes of the graph of each batch's edges, or of each window's: transform, so in one partition. Rows that are no edges go to the dead letters.
 * @example
 * graphOf(follows.window(minutes(10)), (graph) => graph.pageRank(0.001).vertices) // ['ann', 1.2], ['bob', 0.8] ...
 */
export function graphOf<ED, U>(stream: DStream<EdgeRow<ED>>, f: (graph: Graph<number, ED>, time: Time) => Iterable<U>, options: GraphOptions = {}): DStream<U> {
  const edges = stream.flatMap((row): readonly Edge<ED>[] => [edgeOf(row)])
  return edges.transform((rdd, time) => rdd.mapPartitions((rows) => f(Graph.fromEdges<ED>(rows, 1, options), time)))
}
