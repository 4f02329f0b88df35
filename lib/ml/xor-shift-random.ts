const MASK = (1n << 64n) - 1n
/** scala.util.hashing.MurmurHash3.arraySeed, with which Spark hashes a seed. */
const ARRAY_SEED = 0x3c074a61

/**
 * Spark's org.apache.spark.util.random.XORShiftRandom with java.util.Random's nextGaussian, bit for bit: so that random centers are Spark's. Numbers are drawn once, when a program is built;
 * what is drawn while it runs uses sampler.ts.
 */
export class XORShiftRandom {
  #seed: bigint
  #nextGaussian: number | undefined

  constructor(seed: number | bigint) {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setBigInt64(0, BigInt.asIntN(64, BigInt(seed)))
    const low = bytesHash(bytes, ARRAY_SEED)
    const high = bytesHash(bytes, low)
    this.#seed = ((BigInt(high) << 32n) | BigInt(low >>> 0)) & MASK
  }

  #next(bits: number): number {
    let seed = this.#seed
    seed = (seed ^ (seed << 21n)) & MASK
    seed ^= seed >> 35n
    seed = (seed ^ (seed << 4n)) & MASK
    this.#seed = seed
    return Number(seed & ((1n << BigInt(bits)) - 1n)) | 0
  }

  nextDouble(): number {
    const high = this.#next(26)
    return (high * 2 ** 27 + this.#next(27)) * 2 ** -53
  }

  nextGaussian(): number {
    const kept = this.#nextGaussian
    this.#nextGaussian = undefined
    if (kept !== undefined) return kept
    for (;;) {
      const a = 2 * this.nextDouble() - 1
      const b = 2 * this.nextDouble() - 1
      const s = a * a + b * b
      if (s >= 1 || s === 0) continue
      const multiplier = Math.sqrt((-2 * Math.log(s)) / s)
      this.#nextGaussian = b * multiplier
      return a * multiplier
    }
  }
}

/** MurmurHash3 of bytes, signed, as scala.util.hashing.MurmurHash3.bytesHash. Their number must be a multiple of 4. */
function bytesHash(bytes: Uint8Array, seed: number): number {
  const view = new DataView(bytes.buffer)
  let h = seed | 0
  for (let i = 0; i < bytes.length; i += 4) {
    let k = Math.imul(view.getInt32(i, true), 0xcc9e2d51)
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593)
    h ^= k
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
  }
  h ^= bytes.length
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
