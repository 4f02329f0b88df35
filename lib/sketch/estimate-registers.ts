/** Bits of the hash. */
const HASH_BITS = 64

/**
 * Returns how many different values HyperLogLog registers have seen: the improved raw estimator of O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6.
 *
 *     n = m^2 / (2 ln 2) / (m sigma(C0 / m) + sum over k = 1..q of Ck 2^-k + m tau(1 - C(q+1) / m) 2^-q),   m = 2^p, q = 64 - p, Ck = how many registers hold k
 */
export function estimateRegisters(registers: Uint8Array, precision: number): number {
  const m = registers.length
  const q = HASH_BITS - precision
  const counts = new Array<number>(q + 2).fill(0)
  for (const rank of registers) counts[rank] = (counts[rank] ?? 0) + 1
  let z = m * tau(1 - (counts[q + 1] ?? 0) / m)
  for (let k = q; k >= 1; k--) z = 0.5 * (z + (counts[k] ?? 0))
  z += m * sigma((counts[0] ?? 0) / m)
  return m ** 2 / (2 * Math.LN2 * z)
}

/** x + sum of x^(2^k) 2^(k-1) */
function sigma(of: number): number {
  if (of === 1) return Infinity
  let [x, y, z, before] = [of, 1, of, NaN]
  while (z !== before) {
    x *= x
    before = z
    z += x * y
    y += y
  }
  return z
}

/** (1 - x - sum of (1 - x^(2^-k))^2 2^-k) / 3 */
function tau(of: number): number {
  if (of === 0 || of === 1) return 0
  let [x, y, z, before] = [of, 1, 1 - of, NaN]
  while (z !== before) {
    x = Math.sqrt(x)
    before = z
    y *= 0.5
    z -= (1 - x) ** 2 * y
  }
  return z / 3
}
