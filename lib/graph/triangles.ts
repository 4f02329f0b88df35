import { neighbours, type Topology } from './parts.ts'

/** Returns of each vertex how many triangles it is in. Directions, loops and parallel edges do not matter. */
export function countTriangles({ src, dst, ids }: Topology): Int32Array {
  const n = ids.length
  const pairs = new Float64Array(src.length)
  let m = 0
  for (let e = 0; e < src.length; e++) {
    const [a, b] = [src[e] as number, dst[e] as number]
    if (a !== b) pairs[m++] = Math.min(a, b) * n + Math.max(a, b)
  }
  const sorted = pairs.subarray(0, m).sort()
  const once = sorted.filter((pair, i) => i === 0 || pair !== sorted[i - 1])
  const degrees = new Int32Array(n)
  const [low, high] = [new Int32Array(once.length), new Int32Array(once.length)]
  once.forEach((pair, i) => {
    low[i] = Math.floor(pair / n)
    high[i] = pair % n
    degrees[low[i]] = (degrees[low[i]] as number) + 1
    degrees[high[i]] = (degrees[high[i]] as number) + 1
  })
  // Each edge goes from the end with fewer edges: then no vertex has many out (Chiba, Nishizeki 1985).
  for (let i = 0; i < low.length; i++) {
    const [a, b] = [low[i] as number, high[i] as number]
    if ((degrees[a] as number) <= (degrees[b] as number)) continue
    low[i] = b
    high[i] = a
  }
  const { starts, adjacent } = neighbours(low, high, n)
  const marks = new Int32Array(n).fill(-1)
  const counts = new Int32Array(n)
  const count = (v: number): void => {
    counts[v] = (counts[v] as number) + 1
  }
  for (let v = 0; v < n; v++) {
    for (let i = starts[v] as number; i < (starts[v + 1] as number); i++) marks[adjacent[i] as number] = v
    for (let i = starts[v] as number; i < (starts[v + 1] as number); i++) {
      const u = adjacent[i] as number
      for (let j = starts[u] as number; j < (starts[u + 1] as number); j++) {
        const w = adjacent[j] as number
        if (marks[w] !== v) continue
        count(v)
        count(u)
        count(w)
      }
    }
  }
  return counts
}
