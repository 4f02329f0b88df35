import { isDeepStrictEqual } from 'node:util'

/** Returns a value as JSON has it: `undefined` in a tuple is null, as None is in the vectors. */
export function plain(value: unknown): unknown {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown)
}

/** Returns what is wrong with one batch; undefined when nothing is. `ordered`: rows must come in this order. */
export function compareBatch(
  actual: readonly unknown[] | null | undefined,
  expected: readonly unknown[],
  options: { readonly ordered: boolean; readonly valuesUnordered: boolean; readonly approx: boolean },
): string | undefined {
  if (actual === null || actual === undefined) return `no output, expected ${JSON.stringify(expected)}`
  const shape = options.valuesUnordered ? sortValues : (x: unknown): unknown => x
  const [a, b] = [actual.map(plain).map(shape), expected.map(shape)]
  const equal = options.approx ? near(a, b) : options.ordered ? isDeepStrictEqual(a, b) : isDeepStrictEqual(sorted(a), sorted(b))
  return equal ? undefined : `${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`
}

function sorted(rows: readonly unknown[]): readonly string[] {
  return rows.map((row) => JSON.stringify(row)).sort()
}

function sortValues(row: unknown): unknown {
  const [key, values, ...more] = row as readonly [unknown, readonly unknown[], ...unknown[]]
  return [key, sorted(values), ...more]
}

function near(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) <= 1e-6
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((x, i) => near(x, b[i]))
  return isDeepStrictEqual(a, b)
}
