import { MillraceError } from '../values/errors.ts'
import { KeyMap } from '../values/key-map.ts'
import { assertKey, compareKeys, type Key } from '../values/key.ts'
import { edgeOf, type EdgeRow } from './edge.ts'

/** Of 10^6 edges between 10^5 vertices a graph takes about 30 MB beside its rows (npm run bench -- graph): so these fit in a function of 1 GB. */
export const MAX_EDGES = 5_000_000

/** Where vertices and edges are: vertices numbered in the order of their keys, edges by (source, destination). So nothing that is computed depends on the order of arrival, but for edges that are parallel. */
export interface Topology {
  readonly ids: readonly Key[]
  readonly src: Int32Array
  readonly dst: Int32Array
}

export interface Parts<VD, ED> extends Topology {
  readonly vertexAttrs: readonly VD[]
  readonly edgeAttrs: readonly ED[]
}

/** Returns the parts of a graph: all vertices given, and those that edges name besides, with `defaultValue`. Of a vertex given twice the last attribute stands. */
export function buildParts<VD, ED>(
  vertices: Iterable<readonly [Key, VD]>,
  rows: Iterable<EdgeRow<ED>>,
  options: { readonly defaultValue: VD; readonly maxEdges: number },
): Parts<VD, ED> {
  const numbers = new KeyMap<number>()
  const seen: Key[] = []
  const attrs: VD[] = []
  const number = (id: Key): number => {
    const known = numbers.get(id)
    if (known !== undefined) return known
    numbers.set(id, seen.length)
    attrs.push(options.defaultValue)
    return seen.push(id === 0 ? 0 : id) - 1 // -0 is the key 0
  }
  for (const [id, attr] of vertices) {
    assertKey(id, 'a vertex')
    attrs[number(id)] = attr
  }
  const from: number[] = []
  const to: number[] = []
  const edgeAttrs: ED[] = []
  for (const row of rows) {
    const { srcId, dstId, attr } = edgeOf(row)
    from.push(number(srcId))
    to.push(number(dstId))
    edgeAttrs.push(attr)
    if (from.length > options.maxEdges)
      throw new MillraceError(
        'LIMIT_EXCEEDED',
        `a graph got more than ${options.maxEdges} edges; it is built in one task: take a shorter window or fewer edges, or give the functions more memory and the graph a larger maxEdges`,
      )
  }
  const order = Array.from(seen.keys()).sort((a, b) => compareKeys(seen[a] as Key, seen[b] as Key))
  const place = new Int32Array(seen.length)
  order.forEach((old, now) => (place[old] = now))
  return sortEdges(
    order.map((old) => seen[old] as Key),
    order.map((old) => attrs[old] as VD),
    Int32Array.from(from, (v) => place[v] as number),
    Int32Array.from(to, (v) => place[v] as number),
    edgeAttrs,
  )
}

/** Returns the parts with edges in the order of (source, destination); parallel ones keep theirs. */
export function sortEdges<VD, ED>(ids: readonly Key[], vertexAttrs: readonly VD[], src: Int32Array, dst: Int32Array, edgeAttrs: readonly ED[]): Parts<VD, ED> {
  const byDst = countingSort(Int32Array.from(src.keys()), dst, ids.length)
  const order = countingSort(byDst, src, ids.length)
  return {
    ids,
    vertexAttrs,
    src: order.map((e) => src[e] as number),
    dst: order.map((e) => dst[e] as number),
    edgeAttrs: Array.from(order, (e) => edgeAttrs[e] as ED),
  }
}

function countingSort(order: Int32Array, by: Int32Array, n: number): Int32Array {
  const starts = startsOf(by, n)
  const sorted = new Int32Array(order.length)
  for (const e of order) {
    const v = by[e] as number
    sorted[starts[v] as number] = e
    starts[v] = (starts[v] as number) + 1
  }
  return sorted
}

/** Returns where the edges of each vertex begin when they stand by vertex; one more at the end. */
export function startsOf(by: Int32Array, n: number): Int32Array {
  const starts = new Int32Array(n + 1)
  for (const v of by) starts[v + 1] = (starts[v + 1] as number) + 1
  for (let v = 0; v < n; v++) starts[v + 1] = (starts[v + 1] as number) + (starts[v] as number)
  return starts
}

/** The neighbours of each vertex side by side: those of v are adjacent[starts[v]] to adjacent[starts[v + 1] - 1]. */
export interface Neighbours {
  readonly starts: Int32Array
  readonly adjacent: Int32Array
}

/** Returns for each vertex the other ends of the edges that have it at this end. */
export function neighbours(at: Int32Array, other: Int32Array, n: number): Neighbours {
  const order = countingSort(Int32Array.from(at.keys()), at, n)
  return { starts: startsOf(at, n), adjacent: order.map((e) => other[e] as number) }
}
