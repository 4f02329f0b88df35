import { neighbours, startsOf, type Topology } from './parts.ts'

/** Returns of each vertex the least one that is connected with it, whatever the directions: union-find with path halving, towards the lesser number. */
export function connected({ src, dst, ids }: Topology): Int32Array {
  const parents = Int32Array.from(ids, (_, v) => v)
  const find = (of: number): number => {
    let v = of
    for (let parent = parents[v] as number; parent !== v; parent = parents[v] as number) {
      parents[v] = parents[parent] as number
      v = parents[v] as number
    }
    return v
  }
  for (let e = 0; e < src.length; e++) {
    const [a, b] = [find(src[e] as number), find(dst[e] as number)]
    if (a < b) parents[b] = a
    else parents[a] = b
  }
  return parents.map((_, v) => find(v))
}

/** Returns of each vertex the least one of its strongly connected component: Tarjan (1972), with a stack of its own in place of recursion. */
export function stronglyConnected({ src, dst, ids }: Topology): Int32Array {
  const n = ids.length
  // Edges stand by source already.
  const starts = startsOf(src, n)
  const at = starts.slice()
  const order = new Int32Array(n).fill(-1)
  const low = new Int32Array(n)
  const result = new Int32Array(n).fill(-1)
  const stack: number[] = []
  const path: number[] = []
  let count = 0
  const enter = (v: number): void => {
    order[v] = low[v] = count++
    stack.push(v)
    path.push(v)
  }
  for (let root = 0; root < n; root++) {
    if (order[root] !== -1) continue
    enter(root)
    for (let v = path.at(-1); v !== undefined; v = path.at(-1)) {
      const e = at[v] as number
      if (e < (starts[v + 1] as number)) {
        at[v] = e + 1
        const w = dst[e] as number
        if (order[w] === -1) enter(w)
        else if (result[w] === -1) low[v] = Math.min(low[v] as number, order[w] as number)
        continue
      }
      path.pop()
      const above = path.at(-1)
      if (above !== undefined) low[above] = Math.min(low[above] as number, low[v] as number)
      if (low[v] === order[v]) close(v, stack, result)
    }
  }
  return result
}

/** All above v on the stack are one component. */
function close(v: number, stack: number[], result: Int32Array): void {
  const from = stack.lastIndexOf(v)
  const members = stack.splice(from)
  const least = members.reduce((a, b) => Math.min(a, b))
  for (const member of members) result[member] = least
}

/** Returns of each vertex how many edges one follows at least from it to the landmark; -1: none leads there. */
export function hopsTo({ src, dst, ids }: Topology, landmark: number): Int32Array {
  const { starts, adjacent } = neighbours(dst, src, ids.length)
  const hops = new Int32Array(ids.length).fill(-1)
  const queue = new Int32Array(ids.length)
  hops[landmark] = 0
  queue[0] = landmark
  for (let head = 0, tail = 1; head < tail; head++) {
    const v = queue[head] as number
    for (let i = starts[v] as number; i < (starts[v + 1] as number); i++) {
      const w = adjacent[i] as number
      if (hops[w] !== -1) continue
      hops[w] = (hops[v] as number) + 1
      queue[tail++] = w
    }
  }
  return hops
}
