import type { Topology } from './parts.ts'

export interface PageRankOptions {
  /** The probability to begin anew. */
  readonly resetProb: number
  /** Number of the vertex at which one always begins anew; -1: at all alike. */
  readonly source: number
}

/** Returns GraphX's ranks after so many iterations (PageRank.runWithOptions): from 1 (personalized: 1 at the source), parallel edges counting each, scaled at the end so that they sum to n (1). */
export function staticPageRank(graph: Topology, numIter: number, { resetProb, source }: PageRankOptions): Float64Array {
  const { src, dst, ids } = graph
  const weights = weightsOf(graph)
  const ranks = new Float64Array(ids.length).fill(source < 0 ? 1 : 0)
  if (source >= 0) ranks[source] = 1
  const sums = new Float64Array(ids.length)
  for (let i = 0; i < numIter; i++) {
    sums.fill(0)
    for (let e = 0; e < src.length; e++)
      sums[dst[e] as number] = (sums[dst[e] as number] as number) + (ranks[src[e] as number] as number) * (weights[src[e] as number] as number)
    for (let v = 0; v < ranks.length; v++) ranks[v] = (source < 0 || source === v ? resetProb : 0) + (1 - resetProb) * (sums[v] as number)
  }
  return scaled(ranks, source >= 0)
}

/** Returns GraphX's ranks once no vertex changes by more than `tol` (PageRank.runUntilConvergence): what a rank gained goes on along the edges, until it is too little. */
export function convergedPageRank(graph: Topology, tol: number, { resetProb, source }: PageRankOptions): Float64Array {
  const { src, dst, ids } = graph
  const n = ids.length
  const weights = weightsOf(graph)
  const ranks = new Float64Array(n).fill(source < 0 ? resetProb : 0)
  if (source >= 0) ranks[source] = 1
  let gained = ranks.slice()
  for (let sent = true; sent;) {
    sent = false
    const sums = new Float64Array(n)
    for (let e = 0; e < src.length; e++) {
      const from = src[e] as number
      if ((gained[from] as number) <= tol) continue
      sums[dst[e] as number] = (sums[dst[e] as number] as number) + (gained[from] as number) * (weights[from] as number)
      sent = true
    }
    gained = sums.map((sum) => (1 - resetProb) * sum)
    for (let v = 0; v < n; v++) ranks[v] = (ranks[v] as number) + (gained[v] as number)
  }
  return scaled(ranks, source >= 0)
}

/** Of each vertex 1 / its edges out. */
function weightsOf({ src, ids }: Topology): Float64Array {
  const weights = new Float64Array(ids.length)
  for (const v of src) weights[v] = (weights[v] as number) + 1
  return weights.map((edges) => 1 / edges)
}

/** What goes into a vertex without edges out is lost (SPARK-18847). */
function scaled(ranks: Float64Array, personalized: boolean): Float64Array {
  const sum = ranks.reduce((a, b) => a + b, 0)
  const factor = (personalized ? 1 : ranks.length) / sum
  return ranks.map((rank) => rank * factor)
}
