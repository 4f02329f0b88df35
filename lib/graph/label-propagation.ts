import { neighbours, type Topology } from './parts.ts'

/** Returns of each vertex its label after so many steps: in each, all at once take the label that most edges bring them from their other ends, of equally many the least. At first each has its own. */
export function propagateLabels({ src, dst, ids }: Topology, maxSteps: number): Int32Array {
  const n = ids.length
  const both = (a: Int32Array, b: Int32Array): Int32Array => {
    const all = new Int32Array(a.length + b.length)
    all.set(a)
    all.set(b, a.length)
    return all
  }
  const { starts, adjacent } = neighbours(both(src, dst), both(dst, src), n)
  let labels = Int32Array.from(ids.keys())
  const votes = new Int32Array(n)
  for (let step = 0; step < maxSteps; step++) {
    const next = labels.slice()
    for (let v = 0; v < n; v++) {
      let [best, most] = [labels[v] as number, 0]
      for (let i = starts[v] as number; i < (starts[v + 1] as number); i++) {
        const label = labels[adjacent[i] as number] as number
        const count = (votes[label] = (votes[label] as number) + 1)
        if (count > most || (count === most && label < best)) {
          best = label
          most = count
        }
      }
      for (let i = starts[v] as number; i < (starts[v + 1] as number); i++) votes[labels[adjacent[i] as number] as number] = 0
      next[v] = best
    }
    labels = next
  }
  return labels
}
