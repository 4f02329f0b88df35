import type { SqlValue } from '../open-sqlite.ts'
import { compareValues } from '../compare-values.ts'
import { numberOf, strict, takes, type ScalarFunction } from './define.ts'

const MOST_ARGUMENTS = 100

/** Returns Spark's functions of any values. */
export function valueFunctions(): Readonly<Record<string, ScalarFunction>> {
  return {
    nvl: takes(2, 2, (a, b) => a ?? b),
    nvl2: takes(3, 3, (a, there, missing) => (a === null ? missing : there)),
    greatest: takes(2, MOST_ARGUMENTS, (...values) => extreme(values, 1)),
    least: takes(2, MOST_ARGUMENTS, (...values) => extreme(values, -1)),
    mod: strict(2, 2, (a, b) => {
      if (typeof a === 'bigint' && typeof b === 'bigint') return b === 0n ? null : a % b
      const [x, y] = [numberOf(a), numberOf(b)]
      return y === 0 || Number.isNaN(x) || Number.isNaN(y) ? null : x % y
    }),
  }
}

function extreme(values: readonly SqlValue[], sign: 1 | -1): SqlValue {
  const there = values.filter((value) => value !== null)
  return there.reduce<SqlValue>((best, value) => (best === null || compareValues(value, best) * sign > 0 ? value : best), null)
}
