/** Returns a quantile of ascending values. */
export function quantile(values: readonly number[], q: number): number {
  return values[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN
}
