// This file is long because it is GraphX's Graph and GraphOps in one class, an operation in a line or a few; algorithms stand in files of their own.
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { KeyMap } from '../values/key-map.ts'
import { compareKeys, keyToString, type Key } from '../values/key.ts'
import { connected, hopsTo, stronglyConnected } from './components.ts'
import type { Edge, EdgeRow, EdgeTriplet } from './edge.ts'
import { propagateLabels } from './label-propagation.ts'
import { convergedPageRank, staticPageRank } from './page-rank.ts'
import { buildParts, MAX_EDGES, sortEdges, type Parts } from './parts.ts'
import { runPregel, type PregelOptions, type PregelProgram } from './pregel.ts'
import { countTriangles } from './triangles.ts'

/** What sends messages along an edge in aggregateMessages. */
export interface EdgeContext<VD, ED, A> extends EdgeTriplet<VD, ED> {
  sendToSrc(message: A): void
  sendToDst(message: A): void
}

export type Direction = 'In' | 'Out' | 'Either'

/** What is refused: more edges than `maxEdges` (5,000,000 unless told otherwise; in graphOf no number of its own), and a graph that takes more than `maxBytes` while it is made (in graphOf as much as a task may hold). */
export interface GraphOptions {
  readonly maxEdges?: number
  readonly maxBytes?: number
}

/**
 * A directed multigraph with attributes, in memory, with the operations and rules of Spark's GraphX. Immutable. Vertex ids are keys. Vertices come in the order of keys, edges by (source, destination);
 * so results do not depend on the order in which edges arrived.
 * @example
 * const graph = Graph.fromEdges([['a', 'b'], ['b', 'c'], ['c', 'a'], ['d', 'a']])
 * graph.connectedComponents().vertices // ['a', 'a'], ['b', 'a'], ['c', 'a'], ['d', 'a']
 */
export class Graph<VD, ED> {
  readonly #parts: Parts<VD, ED>

  private constructor(parts: Parts<VD, ED>) {
    this.#parts = parts
  }

  /** Returns the graph of these vertices and edges: GraphX's Graph(vertices, edges, defaultVertexAttr). Ends that are no vertices get `defaultValue`. */
  static of<VD, ED = number>(
    vertices: Iterable<readonly [Key, VD]>,
    edges: Iterable<EdgeRow<ED>>,
    defaultValue?: VD,
    options: GraphOptions = {},
  ): Graph<VD, ED> {
    checkLimits('Graph', options)
    return new Graph(
      buildParts(vertices, edges, { defaultValue: defaultValue as VD, maxEdges: options.maxEdges ?? MAX_EDGES, maxBytes: options.maxBytes ?? Infinity }),
    )
  }

  /** Returns the graph of these edges: `[src, dst]`, `[src, dst, attr]` or `{ srcId, dstId, attr }`. Every vertex holds `defaultValue` (1). */
  static fromEdges<ED = number, VD = number>(edges: Iterable<EdgeRow<ED>>, defaultValue?: VD, options: GraphOptions = {}): Graph<VD, ED> {
    return Graph.of<VD, ED>([], edges, defaultValue ?? (1 as VD), options)
  }

  #with<V, E>(parts: Partial<Parts<V, E>>): Graph<V, E> {
    return new Graph<V, E>({ ...(this.#parts as unknown as Parts<V, E>), ...parts })
  }
  /** Vertices stand in the order of keys. */
  #numberOf(id: Key): number | undefined {
    const { ids } = this.#parts
    let [from, to] = [0, ids.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if (compareKeys(ids[middle] as Key, id) < 0) from = middle + 1
      else to = middle
    }
    return from < ids.length && compareKeys(ids[from] as Key, id) === 0 ? from : undefined
  }
  #id(v: number): Key {
    return this.#parts.ids[v] as Key
  }
  #triplet(e: number): EdgeTriplet<VD, ED> {
    const { src, dst, vertexAttrs, edgeAttrs } = this.#parts
    const [s, d] = [src[e] as number, dst[e] as number]
    return { srcId: this.#id(s), dstId: this.#id(d), srcAttr: vertexAttrs[s] as VD, dstAttr: vertexAttrs[d] as VD, attr: edgeAttrs[e] as ED }
  }
  #count(ends: readonly Int32Array[]): readonly (readonly [Key, number])[] {
    const counts = new Int32Array(this.numVertices)
    for (const end of ends) for (const v of end) counts[v] = (counts[v] as number) + 1
    return this.#parts.ids.flatMap((id, v) => (counts[v] === 0 ? [] : [[id, counts[v] as number] as const]))
  }

  // ---- what there is
  get numVertices(): number {
    return this.#parts.ids.length
  }
  get numEdges(): number {
    return this.#parts.src.length
  }
  /** `[id, attribute]` in the order of ids. */
  get vertices(): readonly (readonly [Key, VD])[] {
    return this.#parts.ids.map((id, v) => [id, this.#parts.vertexAttrs[v] as VD] as const)
  }
  /** In the order of (source, destination). */
  get edges(): readonly Edge<ED>[] {
    const { src, dst, edgeAttrs } = this.#parts
    return edgeAttrs.map((attr, e) => ({ srcId: this.#id(src[e] as number), dstId: this.#id(dst[e] as number), attr }))
  }
  get triplets(): readonly EdgeTriplet<VD, ED>[] {
    return this.#parts.edgeAttrs.map((_, e) => this.#triplet(e))
  }
  /** `[id, edges]` of the vertices that have any, as in GraphX; a loop counts twice. */
  get degrees(): readonly (readonly [Key, number])[] {
    return this.#count([this.#parts.src, this.#parts.dst])
  }
  get inDegrees(): readonly (readonly [Key, number])[] {
    return this.#count([this.#parts.dst])
  }
  get outDegrees(): readonly (readonly [Key, number])[] {
    return this.#count([this.#parts.src])
  }
  /** Returns `[id, ids of its neighbours]` for every vertex: of each edge once, in the order of edges. */
  collectNeighborIds(direction: Direction = 'Either'): readonly (readonly [Key, readonly Key[]])[] {
    const { src, dst } = this.#parts
    const lists = this.#parts.ids.map((): Key[] => [])
    for (let e = 0; e < src.length; e++) {
      const [s, d] = [src[e] as number, dst[e] as number]
      if (direction !== 'In') lists[s]?.push(this.#id(d))
      if (direction !== 'Out') lists[d]?.push(this.#id(s))
    }
    return lists.map((list, v) => [this.#id(v), list] as const)
  }

  // ---- another graph of the same vertices
  mapVertices<V>(f: (id: Key, attr: VD) => V): Graph<V, ED> {
    return this.#with({ vertexAttrs: this.#parts.vertexAttrs.map((attr, v) => f(this.#id(v), attr)) })
  }
  mapEdges<E>(f: (edge: Edge<ED>) => E): Graph<VD, E> {
    return this.#with({ edgeAttrs: this.edges.map((edge) => f(edge)) })
  }
  mapTriplets<E>(f: (triplet: EdgeTriplet<VD, ED>) => E): Graph<VD, E> {
    return this.#with({ edgeAttrs: this.triplets.map((triplet) => f(triplet)) })
  }
  /** Returns the graph with every edge turned round. */
  reverse(): Graph<VD, ED> {
    const { ids, vertexAttrs, src, dst, edgeAttrs } = this.#parts
    return new Graph(sortEdges(ids, vertexAttrs, dst, src, edgeAttrs))
  }
  /** Returns the graph with one edge in place of parallel ones, their attributes merged in the order of edges. */
  groupEdges(merge: (a: ED, b: ED) => ED): Graph<VD, ED> {
    const { src, dst, edgeAttrs } = this.#parts
    const kept: number[] = []
    const attrs: ED[] = []
    for (let e = 0; e < src.length; e++) {
      const last = kept.at(-1)
      if (last !== undefined && src[last] === src[e] && dst[last] === dst[e]) attrs[attrs.length - 1] = merge(attrs.at(-1) as ED, edgeAttrs[e] as ED)
      else {
        kept.push(e)
        attrs.push(edgeAttrs[e] as ED)
      }
    }
    return this.#with({ src: Int32Array.from(kept, (e) => src[e] as number), dst: Int32Array.from(kept, (e) => dst[e] as number), edgeAttrs: attrs })
  }
  /** Returns the graph of the vertices for which `vpred` holds, and the edges between them for which `epred` does. */
  subgraph(epred: (triplet: EdgeTriplet<VD, ED>) => boolean = () => true, vpred: (id: Key, attr: VD) => boolean = () => true): Graph<VD, ED> {
    const kept = new KeyMap<true>()
    const vertices = this.vertices.filter(([id, attr]) => vpred(id, attr) && kept.set(id, true) !== undefined)
    const edges = this.triplets.filter((triplet) => kept.has(triplet.srcId) && kept.has(triplet.dstId) && epred(triplet))
    return Graph.of<VD, ED>(vertices, edges, undefined, { maxEdges: Infinity })
  }
  /** Returns the graph with `f(id, attribute, value)` at the vertices that the table has. */
  joinVertices<U>(table: Iterable<readonly [Key, U]>, f: (id: Key, attr: VD, value: U) => VD): Graph<VD, ED> {
    const values = new KeyMap<U>(table)
    return this.mapVertices((id, attr) => (values.has(id) ? f(id, attr, values.get(id) as U) : attr))
  }
  /** Returns the graph with `f(id, attribute, value)` at all vertices; undefined where the table has none. */
  outerJoinVertices<U, V>(table: Iterable<readonly [Key, U]>, f: (id: Key, attr: VD, value: U | undefined) => V): Graph<V, ED> {
    const values = new KeyMap<U>(table)
    return this.mapVertices((id, attr) => f(id, attr, values.get(id)))
  }

  // ---- messages
  /** Returns `[id, message]` of the vertices that were sent any, merged in the order of edges. */
  aggregateMessages<A>(send: (context: EdgeContext<VD, ED, A>) => void, merge: (a: A, b: A) => A): readonly (readonly [Key, A])[] {
    const { src, dst } = this.#parts
    const inbox = new Map<number, A>()
    const put = (v: number, message: A): void => {
      inbox.set(v, inbox.has(v) ? merge(inbox.get(v) as A, message) : message)
    }
    for (let e = 0; e < src.length; e++) {
      const [s, d] = [src[e] as number, dst[e] as number]
      send({ ...this.#triplet(e), sendToSrc: (message) => put(s, message), sendToDst: (message) => put(d, message) })
    }
    return [...inbox].sort(([a], [b]) => a - b).map(([v, message]) => [this.#id(v), message] as const)
  }
  /** Returns the graph after GraphX's Pregel: all vertices get `initialMessage`; then, as long as there are messages, those that were sent any. Messages merge in the order of edges. */
  pregel<A>(initialMessage: A, program: PregelProgram<VD, ED, A>, options: PregelOptions = {}): Graph<VD, ED> {
    return this.#with({ vertexAttrs: runPregel(this.#parts, (id) => this.#numberOf(id), initialMessage, program, options) })
  }

  // ---- algorithms
  /** Returns the graph with GraphX's ranks, once none changes by more than `tol`. */
  pageRank(tol: number, resetProb = 0.15): Graph<number, ED> {
    checkRank(tol, resetProb)
    return this.#ranked(convergedPageRank(this.#parts, tol, { resetProb, source: -1 }))
  }
  /** Returns the graph with GraphX's ranks after `numIter` iterations. */
  staticPageRank(numIter: number, resetProb = 0.15): Graph<number, ED> {
    checkSteps('staticPageRank', numIter)
    checkRank(1, resetProb)
    return this.#ranked(staticPageRank(this.#parts, numIter, { resetProb, source: -1 }))
  }
  /** Returns the graph with the ranks as seen from one vertex: pageRank that always begins anew there. They sum to 1. Throws when there is no such vertex. */
  personalizedPageRank(src: Key, tol: number, resetProb = 0.15): Graph<number, ED> {
    checkRank(tol, resetProb)
    return this.#ranked(convergedPageRank(this.#parts, tol, { resetProb, source: this.#known(src, 'personalizedPageRank') }))
  }
  staticPersonalizedPageRank(src: Key, numIter: number, resetProb = 0.15): Graph<number, ED> {
    checkSteps('staticPersonalizedPageRank', numIter)
    checkRank(1, resetProb)
    return this.#ranked(staticPageRank(this.#parts, numIter, { resetProb, source: this.#known(src, 'staticPersonalizedPageRank') }))
  }
  /** Returns the graph with the least id of its component at each vertex; directions do not matter. */
  connectedComponents(): Graph<Key, ED> {
    return this.#named(connected(this.#parts))
  }
  /** Returns the graph with the least id of its strongly connected component at each vertex. */
  stronglyConnectedComponents(): Graph<Key, ED> {
    return this.#named(stronglyConnected(this.#parts))
  }
  /** Returns the graph with the number of triangles that each vertex is in. Directions, loops and parallel edges do not matter. */
  triangleCount(): Graph<number, ED> {
    return this.#ranked(countTriangles(this.#parts))
  }
  /** Returns the graph with `[landmark, fewest edges to it]` for each landmark that can be reached from the vertex, along the edges. None leads to one that is no vertex: in the next window it may be. */
  shortestPaths(landmarks: readonly Key[]): Graph<readonly (readonly [Key, number])[], ED> {
    const each = [...new KeyMap(landmarks.map((landmark) => [landmark, this.#numberOf(landmark)] as const))]
    const found = each.flatMap(([landmark, v]) => (v === undefined ? [] : [[landmark, hopsTo(this.#parts, v)] as const]))
    return this.#with({
      vertexAttrs: this.#parts.ids.map((_, v) => found.flatMap(([landmark, hops]) => (hops[v] === -1 ? [] : [[landmark, hops[v] as number] as const]))),
    })
  }
  /** Returns the graph with a label at each vertex: GraphX's label propagation, of equally frequent labels the least. */
  labelPropagation(maxSteps: number): Graph<Key, ED> {
    checkSteps('labelPropagation', maxSteps)
    return this.#named(propagateLabels(this.#parts, maxSteps))
  }

  #ranked(values: Float64Array | Int32Array): Graph<number, ED> {
    return this.#with({ vertexAttrs: Array.from(values) })
  }
  #named(numbers: Int32Array): Graph<Key, ED> {
    return this.#with({ vertexAttrs: Array.from(numbers, (v) => this.#id(v)) })
  }
  #known(id: Key, operation: string): number {
    const v = this.#numberOf(id)
    if (v === undefined)
      throw new MillraceError('BAD_VALUE', `${operation}: ${keyToString(id)} is no vertex of this graph; take one of its ${this.numVertices}`)
    return v
  }
}

/** Throws BAD_PROGRAM unless the limits are numbers: nothing is more than NaN. */
export function checkLimits(who: string, options: GraphOptions): void {
  for (const limit of ['maxEdges', 'maxBytes'] as const) {
    const given: unknown = options[limit]
    if (given !== undefined && !(typeof given === 'number' && given >= 0))
      throw new MillraceError('BAD_PROGRAM', `${who}: ${limit} is ${describeValue(given)}; it must be a number at least 0`)
  }
}

function checkSteps(operation: string, steps: unknown): void {
  if (typeof steps !== 'number' || !Number.isInteger(steps) || steps < 1 || steps > 1_000_000)
    throw new MillraceError('BAD_VALUE', `${operation} got ${describeValue(steps)} as its number of steps; it must be a whole number from 1 to 1000000`)
}

function checkRank(tol: unknown, resetProb: unknown): void {
  if (typeof tol !== 'number' || !(tol > 0))
    throw new MillraceError('BAD_VALUE', `pageRank got ${describeValue(tol)} as its tolerance; it must be a number more than 0, such as 0.0001`)
  if (typeof resetProb !== 'number' || !(resetProb > 0 && resetProb < 1))
    throw new MillraceError('BAD_VALUE', `pageRank got ${describeValue(resetProb)} as its resetProb; it must be a number between 0 and 1`)
}
