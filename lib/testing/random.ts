/** Numbers that look random and are the same for the same seed (mulberry32). */
export interface Random {
  /** From 0 to 1, 1 excluded. */
  next(): number
  /** A whole number from 0 to n, n excluded. */
  int(n: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  /** From `from` to `to`, whole. */
  span(from: number, to: number): number
}

export function randomOf(seed: number): Random {
  let a = Math.imul(seed, 2654435761) >>> 0
  const next = (): number => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const int = (n: number): number => Math.floor(next() * n)
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: <T>(list: readonly T[]): T => {
      const one = list[int(list.length)]
      if (one === undefined) throw new Error('pick from an empty list')
      return one
    },
    span: (from, to) => from + int(to - from + 1),
  }
}
