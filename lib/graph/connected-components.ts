import type { DStream, PairDStream } from '../dstream/dstream.ts'
import { uidOf } from '../dstream/check-options.ts'
import { Hub } from '../dstream/hub.ts'
import type { Named } from '../dstream/keyed-options.ts'
import type { OperatorContext, Rows } from '../dstream/node.ts'
import { assertKey, compareKeys, type Key } from '../values/key.ts'
import { edgeOf, type EdgeRow } from './edge.ts'
import { Forest } from './forest.ts'

/** What is known about which vertices are connected, over all time. */
export interface Components<V extends Key = Key> {
  /** `[vertex, component]` of the vertices of each batch's edges; a component is named by its least vertex. */
  readonly vertices: PairDStream<V, V>
  /** `[old, new]` of the components that an edge of the batch has joined with a lesser one: whoever keeps the old name somewhere can replace it. */
  readonly merged: PairDStream<V, V>
  /** Returns a DStream of `[vertex, component]` for each row of a stream of vertices, the batch's edges included; undefined for one that no edge has named. */
  componentOf<K extends Key>(vertices: DStream<K>): PairDStream<K, V | undefined>
}

const KIND = 'connectedComponents'
const VERTICES = 0
const MERGED = 1

/**
 * Returns the connected components of all edges that ever came, for entity resolution: union-find (Galler, Fischer 1964) as keyed state, linked by size with path halving (Tarjan, van Leeuwen 1984).
 * In one partition. A batch costs its edges, not the vertices that exist; members of a component are never listed.
 * @example
 * const people = connectedComponents(sameAs, { uid: 'people' }) // of ['mail:a', 'phone:1'], ['phone:1', 'card:7']
 * people.vertices.print() // ['card:7', 'card:7'], ['mail:a', 'card:7'], ['phone:1', 'card:7']
 */
export function connectedComponents<ED, S extends Key = Key, D extends Key = Key>(edges: DStream<EdgeRow<ED, S, D>>, options: Named = {}): Components<S | D> {
  const hub = new Hub({
    kind: KIND,
    uid: uidOf(options, KIND),
    // 'spread': a stage of its own. Parents are loaded level by level, and computed anew is what is in the stage: no function of the user's.
    distribution: { kind: 'spread', numPartitions: 1 },
    keeps: { model: KIND },
    compute,
  })
  hub.input(edges, KIND)
  return {
    vertices: hub.output(VERTICES, KIND),
    merged: hub.output(MERGED, `${KIND}, merged`),
    componentOf: <K extends Key>(vertices: DStream<K>) => hub.output<readonly [K, S | D | undefined]>(hub.input(vertices, 'componentOf') + 1, 'componentOf'),
  }
}

function compute([rows = [], ...lookups]: readonly Rows[], context: OperatorContext, emit: (output: number, row: unknown) => void): void {
  const edges = valid(rows, context, (row) => edgeOf(row as EdgeRow<unknown>))
  const wanted = lookups.map((vertices) =>
    valid(vertices, context, (row) => {
      assertKey(row, 'componentOf')
      return row
    }),
  )
  const forest = new Forest(context.state)
  forest.load([...edges.flatMap(({ srcId, dstId }) => [srcId, dstId]), ...wanted.flat()])
  for (const { srcId, dstId } of edges) forest.link(srcId, dstId)
  for (const vertex of forest.touched()) emit(VERTICES, [vertex, forest.nameOf(vertex)])
  for (const pair of forest.renamed().sort(([a], [b]) => compareKeys(a, b))) emit(MERGED, pair)
  wanted.forEach((vertices, i) => {
    for (const vertex of vertices) emit(i + 2, [vertex, forest.nameOf(vertex)])
  })
  forest.store()
}

function valid<T>(rows: Rows, context: OperatorContext, check: (row: unknown) => T): readonly T[] {
  return rows.flatMap((row) => {
    try {
      return [check(row)]
    } catch (error) {
      context.deadLetter(KIND, row, error)
      return []
    }
  })
}
