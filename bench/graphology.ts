import { createRequire } from 'node:module'

export type Edge = readonly [string, string]

/** What is used of a graphology graph; its packages are CommonJS. */
export interface Theirs {
  readonly size: number
  mergeNode(id: string): void
  addEdge(a: string, b: string): void
  neighbors(id: string): readonly string[]
  forEachNode(f: (id: string) => void): void
}

const load = createRequire(import.meta.url)

/** Returns what one of graphology's packages exports. */
export function loadTheirs<T>(name: string): T {
  return load(name) as T
}

/** Returns a graph of graphology. */
export function graphOfTheirs(edges: readonly Edge[]): Theirs {
  const { MultiDirectedGraph } = loadTheirs<{ readonly MultiDirectedGraph: new () => Theirs }>('graphology')
  const made = new MultiDirectedGraph()
  for (const [a, b] of edges) {
    made.mergeNode(a)
    made.mergeNode(b)
    made.addEdge(a, b)
  }
  return made
}
