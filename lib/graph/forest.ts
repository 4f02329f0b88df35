import type { OperatorState } from '../dstream/node.ts'
import { KeyMap } from '../values/key-map.ts'
import { compareKeys, type Key } from '../values/key.ts'

/** What is kept of a vertex: its parent; or, of a root, how many vertices its tree has and the least of them, the name of the component. */
type Entry = readonly [parent: Key] | readonly [size: number, name: Key]

const TREES = 0

/** The trees of a union-find in keyed state, as one batch sees and changes them. */
export class Forest {
  readonly #state: OperatorState
  readonly #entries = new KeyMap<Entry>()
  readonly #changed = new KeyMap<true>()
  readonly #touched = new KeyMap<true>()
  /** The names that roots had before the batch. */
  readonly #before = new KeyMap<Key>()

  constructor(state: OperatorState) {
    this.#state = state
  }

  /** Has everything between these vertices and their roots in memory, a level at a time: linked by size, a tree of n vertices has at most log2 n levels. */
  load(vertices: readonly Key[]): void {
    for (let level = vertices; level.length > 0;) {
      this.#state.needKeys(TREES, level)
      const above: Key[] = []
      for (const vertex of level) {
        if (this.#entries.has(vertex)) continue
        const entry = this.#state.get(TREES, vertex) as Entry | undefined
        if (entry === undefined) continue
        this.#entries.set(vertex, entry)
        if (entry.length === 1) above.push(entry[0])
        else this.#before.set(vertex, entry[1])
      }
      level = above
    }
  }

  link(a: Key, b: Key): void {
    for (const vertex of [a, b]) {
      this.#touched.set(vertex, true)
      if (!this.#entries.has(vertex)) this.#put(vertex, [1, vertex])
    }
    const [p, q] = [this.#rootOf(a), this.#rootOf(b)]
    if (compareKeys(p, q) === 0) return
    const [one, other] = [this.#entries.get(p) as readonly [number, Key], this.#entries.get(q) as readonly [number, Key]]
    const isLess = one[0] < other[0] || (one[0] === other[0] && compareKeys(p, q) > 0)
    const [winner, loser] = isLess ? [q, p] : [p, q]
    this.#put(loser, [winner])
    this.#put(winner, [one[0] + other[0], compareKeys(one[1], other[1]) < 0 ? one[1] : other[1]])
  }

  /** Returns the name of a vertex's component; undefined for one that no edge has named. */
  nameOf(vertex: Key): Key | undefined {
    return this.#entries.has(vertex) ? (this.#entries.get(this.#rootOf(vertex)) as readonly [number, Key])[1] : undefined
  }

  /** The vertices of the edges that were linked, in the order of keys. */
  touched(): readonly Key[] {
    return [...this.#touched.keys()].sort(compareKeys)
  }

  /** Returns `[old, new]` of the components of before the batch that have another name now. */
  renamed(): (readonly [Key, Key])[] {
    return [...this.#before].flatMap(([root, old]) => {
      const now = this.nameOf(root) as Key
      return compareKeys(old, now) === 0 ? [] : [[old, now] as const]
    })
  }

  store(): void {
    for (const vertex of this.#changed.keys()) this.#state.put(TREES, vertex, this.#entries.get(vertex))
  }

  #rootOf(of: Key): Key {
    let vertex = of
    for (;;) {
      const entry = this.#entries.get(vertex) as Entry
      if (entry.length !== 1) return vertex
      const [parent] = entry
      const above = this.#entries.get(parent) as Entry
      if (above.length !== 1) return parent
      // Halving: every other vertex of the path is hung one level higher.
      this.#put(vertex, [above[0]])
      vertex = above[0]
    }
  }

  #put(vertex: Key, entry: Entry): void {
    this.#entries.set(vertex, entry)
    this.#changed.set(vertex, true)
  }
}
