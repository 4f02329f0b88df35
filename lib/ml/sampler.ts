import { finishHash, mixWord } from '../values/hash.ts'

/** Returns a function that says of one row after the other whether it is in a sample of this fraction (Bernoulli, mulberry32). The same for the same seed and batch time. */
export function sampler(fraction: number, seed: number, timeMs: number): () => boolean {
  if (fraction >= 1) return () => true
  let a = finishHash(mixWord(mixWord(seed, timeMs % 2 ** 32), Math.floor(timeMs / 2 ** 32)), 8)
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32 < fraction
  }
}
