/** Lanczos' coefficients for g = 7, n = 9. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012,
  9.9843695780195716e-6, 1.5056327351493116e-7,
] as const
const TINY = 1e-300
const MAX_STEPS = 10_000

/** Returns the natural logarithm of the gamma function of a positive number. */
function logGamma(of: number): number {
  if (of < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * of))) - logGamma(1 - of)
  const z = of - 1
  const t = z + 7.5
  const sum = LANCZOS.reduce((a, c, i) => (i === 0 ? c : a + c / (z + i)), 0)
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

/** Returns the regularised incomplete beta function I_x(a, b), by Lentz's continued fraction (Numerical Recipes 6.4): relatively exact to about 1e-13, also where it is next to nothing; to 1e-8 where a or b is 10^6, since the logarithms are large. */
export function incompleteBeta(a: number, b: number, x: number): number {
  if (Number.isNaN(x) || Number.isNaN(a) || Number.isNaN(b)) return NaN
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(b, a, 1 - x)
  const away = (d: number): number => (Math.abs(d) < TINY ? TINY : d)
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let h = d
  for (let m = 1; m < MAX_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / away(1 + even * d)
    c = away(1 + even / c)
    h *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away(1 + odd * d)
    c = away(1 + odd / c)
    h *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return (Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) * h) / a
}

/** Returns the probability that Student's t with `df` degrees of freedom is at least as far from 0 as t, on either side. Never 2 (1 - cdf(t)): that is 0 where the answer is small. */
export function twoSidedP(t: number, df: number): number {
  if (Math.abs(t) === Infinity) return df > 0 ? 0 : NaN
  return incompleteBeta(df / 2, 0.5, df / (df + t * t))
}
