import { MillraceError } from '../values/errors.ts'
import { KeyMap } from '../values/key-map.ts'
import { assertKey, compareKeys, type Key } from '../values/key.ts'
import { edgeOf, type EdgeRow } from './edge.ts'

/** Where nobody says how much memory there is. */
export const MAX_EDGES = 5_000_000
/** What an edge and a vertex take at most beside their rows, while a graph is made and its triangles are counted: about what the process grows by (npm run bench -- graph). What is kept is a fifth of it at most. */
const EDGE_BYTES = 120
const VERTEX_BYTES = 160
const MB = 1024 * 1024

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
  options: { readonly defaultValue: VD; readonly maxEdges: number; readonly maxBytes: number },
): Parts<VD, ED> {
  const numbers = new Numbers()
  const attrs: VD[] = []
  for (const [id, attr] of vertices) {
    assertKey(id, 'a vertex')
    attrs[numbers.of(id)] = attr
  }
  const from: number[] = []
  const to: number[] = []
  const edgeAttrs: ED[] = []
  for (const row of rows) {
    // Rows of two or three texts or numbers are nearly all there are; the others are looked at with care.
    const tuple = row as readonly unknown[]
    const isPlain = Array.isArray(row) && (row.length === 2 || row.length === 3) && isSimple(tuple[0]) && isSimple(tuple[1])
    const edge = isPlain ? undefined : edgeOf(row)
    from.push(numbers.of(edge === undefined ? (tuple[0] as Key) : edge.srcId))
    to.push(numbers.of(edge === undefined ? (tuple[1] as Key) : edge.dstId))
    edgeAttrs.push(edge === undefined ? ((tuple[2] === undefined ? 1 : tuple[2]) as ED) : edge.attr)
    checkSize(from.length, numbers.seen.length, options)
  }
  const { seen } = numbers
  const order = Array.from(seen, (_, i) => i).sort((a, b) => compareKeys(seen[a] as Key, seen[b] as Key))
  const place = new Int32Array(seen.length)
  for (let now = 0; now < order.length; now++) place[order[now] as number] = now
  return sortEdges(
    order.map((old) => seen[old] as Key),
    order.map((old) => (old in attrs ? (attrs[old] as VD) : options.defaultValue)),
    placed(from, place),
    placed(to, place),
    edgeAttrs,
  )
}

function checkSize(edges: number, vertices: number, { maxEdges, maxBytes }: { readonly maxEdges: number; readonly maxBytes: number }): void {
  if (edges > maxEdges)
    throw new MillraceError(
      'LIMIT_EXCEEDED',
      `a graph got more than ${maxEdges} edges; it is built in one task: take a shorter window or fewer edges, or give the functions more memory and the graph a larger maxEdges`,
    )
  if (edges * EDGE_BYTES + vertices * VERTEX_BYTES > maxBytes)
    throw new MillraceError(
      'LIMIT_EXCEEDED',
      `a graph has more than ${edges - 1} edges between ${vertices} vertices, about ${Math.ceil(maxBytes / MB)} MB, and may take no more in this task: take a shorter window or fewer edges (groups of them, with reduceByKey, before graphOf), or give the run function more memory`,
    )
}

/** Numbers ids in the order of first sight. */
class Numbers {
  readonly seen: Key[] = []
  readonly #texts = new Map<string, number>()
  readonly #others = new KeyMap<number>()

  of(id: Key): number {
    const known = typeof id === 'string' ? this.#texts.get(id) : this.#others.get(id)
    if (known !== undefined) return known
    const number = this.seen.push(id === 0 ? 0 : id) - 1 // -0 is the key 0
    if (typeof id === 'string') this.#texts.set(id, number)
    else this.#others.set(id, number)
    return number
  }
}

function isSimple(id: unknown): boolean {
  return typeof id === 'string' || typeof id === 'number'
}

function placed(numbers: readonly number[], place: Int32Array): Int32Array {
  const result = new Int32Array(numbers.length)
  for (let e = 0; e < result.length; e++) result[e] = place[numbers[e] as number] as number
  return result
}

/** Returns the parts with edges in the order of (source, destination); parallel ones keep theirs. */
export function sortEdges<VD, ED>(ids: readonly Key[], vertexAttrs: readonly VD[], src: Int32Array, dst: Int32Array, edgeAttrs: readonly ED[]): Parts<VD, ED> {
  const order = countingSort(countingSort(numbersTo(src.length), dst, ids.length), src, ids.length)
  const attrs = new Array<ED>(edgeAttrs.length)
  for (let i = 0; i < order.length; i++) attrs[i] = edgeAttrs[order[i] as number] as ED
  return { ids, vertexAttrs, src: picked(src, order), dst: picked(dst, order), edgeAttrs: attrs }
}

function numbersTo(n: number): Int32Array {
  const numbers = new Int32Array(n)
  for (let i = 0; i < n; i++) numbers[i] = i
  return numbers
}

function picked(values: Int32Array, order: Int32Array): Int32Array {
  const result = new Int32Array(order.length)
  for (let i = 0; i < order.length; i++) result[i] = values[order[i] as number] as number
  return result
}

function countingSort(order: Int32Array, by: Int32Array, n: number): Int32Array {
  const starts = startsOf(by, n)
  const sorted = new Int32Array(order.length)
  for (let i = 0; i < order.length; i++) {
    const e = order[i] as number
    const v = by[e] as number
    sorted[starts[v] as number] = e
    starts[v] = (starts[v] as number) + 1
  }
  return sorted
}

/** Returns where the edges of each vertex begin when they stand by vertex; one more at the end. */
export function startsOf(by: Int32Array, n: number): Int32Array {
  const starts = new Int32Array(n + 1)
  for (let e = 0; e < by.length; e++) {
    const v = by[e] as number
    starts[v + 1] = (starts[v + 1] as number) + 1
  }
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
  return { starts: startsOf(at, n), adjacent: picked(other, countingSort(numbersTo(at.length), at, n)) }
}
