import { startsOf, type Topology } from './parts.ts'

export interface PageRankOptions {
  /** The probability to begin anew. */
  readonly resetProb: number
  /** Number of the vertex at which one always begins anew; -1: at all alike. */
  readonly source: number
}

/** Returns GraphX's ranks after so many iterations (PageRank.runWithOptions): from 1 (personalized: 1 at the source), parallel edges counting each, scaled at the end so that they sum to n (1). */
export function staticPageRank(graph: Topology, numIter: number, { resetProb, source }: PageRankOptions): Float64Array {
  const { ids } = graph
  const { starts, weights } = outOf(graph)
  const ranks = new Float64Array(ids.length).fill(source < 0 ? 1 : 0)
  if (source >= 0) ranks[source] = 1
  const sums = new Float64Array(ids.length)
  for (let i = 0; i < numIter; i++) {
    sums.fill(0)
    for (let v = 0; v < ranks.length; v++) send(graph.dst, starts, v, (ranks[v] as number) * (weights[v] as number), sums)
    for (let v = 0; v < ranks.length; v++) ranks[v] = (source < 0 || source === v ? resetProb : 0) + (1 - resetProb) * (sums[v] as number)
  }
  return scaled(ranks, source >= 0)
}

/** Returns GraphX's ranks once no vertex changes by more than `tol` (PageRank.runUntilConvergence): what a rank gained goes on along the edges, until it is too little. */
export function convergedPageRank(graph: Topology, tol: number, { resetProb, source }: PageRankOptions): Float64Array {
  const n = graph.ids.length
  const { starts, weights } = outOf(graph)
  const ranks = new Float64Array(n).fill(source < 0 ? resetProb : 0)
  if (source >= 0) ranks[source] = 1
  let gained = ranks.slice()
  for (let sent = true; sent;) {
    sent = false
    const sums = new Float64Array(n)
    for (let v = 0; v < n; v++) {
      if ((gained[v] as number) <= tol || starts[v] === starts[v + 1]) continue
      send(graph.dst, starts, v, (gained[v] as number) * (weights[v] as number), sums)
      sent = true
    }
    gained = sums.map((sum) => (1 - resetProb) * sum)
    for (let v = 0; v < n; v++) ranks[v] = (ranks[v] as number) + (gained[v] as number)
  }
  return scaled(ranks, source >= 0)
}

/** Where the edges out of each vertex begin, and 1 / how many they are: edges stand by source. */
function outOf({ src, ids }: Topology): { readonly starts: Int32Array; readonly weights: Float64Array } {
  const starts = startsOf(src, ids.length)
  return { starts, weights: new Float64Array(ids.length).map((_, v) => 1 / ((starts[v + 1] as number) - (starts[v] as number))) }
}

/** Adds a share to the other ends of a vertex's edges out. */
function send(dst: Int32Array, starts: Int32Array, v: number, share: number, sums: Float64Array): void {
  const end = starts[v + 1] as number
  for (let e = starts[v] as number; e < end; e++) {
    const to = dst[e] as number
    sums[to] = (sums[to] as number) + share
  }
}

/** What goes into a vertex without edges out is lost (SPARK-18847). */
function scaled(ranks: Float64Array, personalized: boolean): Float64Array {
  const sum = ranks.reduce((a, b) => a + b, 0)
  const factor = (personalized ? 1 : ranks.length) / sum
  return ranks.map((rank) => rank * factor)
}
