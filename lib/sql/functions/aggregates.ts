import { MillraceError } from '../../values/errors.ts'
import { hyperLogLog } from '../../sketch/hyper-log-log.ts'
import { compareValues } from '../compare-values.ts'
import type { SqlValue } from '../open-sqlite.ts'
import { numberOf, type AggregateFunction } from './define.ts'

type Tuples = readonly (readonly SqlValue[])[]

/** Returns Spark's functions of groups. */
export function aggregates(): Readonly<Record<string, AggregateFunction>> {
  const list = of(1, 1, (rows) => jsonOf(firsts(rows)))
  const mean = of(1, 1, (rows) => meanOf(numbers(rows)))
  const stddev = of(1, 1, (rows) => root(variance(numbers(rows), 1)))
  const variant = of(1, 1, (rows) => variance(numbers(rows), 1))
  return {
    collect_list: list,
    array_agg: list,
    collect_set: of(1, 1, (rows) => jsonOf(distinct(firsts(rows)))),
    first: of(1, 2, (rows) => chosen(rows)[0]?.[0] ?? null),
    last: of(1, 2, (rows) => chosen(rows).at(-1)?.[0] ?? null),
    min_by: of(2, 2, (rows) => by(rows, -1)),
    max_by: of(2, 2, (rows) => by(rows, 1)),
    count_if: of(1, 1, (rows) => BigInt(rows.filter(([value]) => value !== null && numberOf(value) !== 0 && !Number.isNaN(numberOf(value))).length)),
    approx_count_distinct: of(1, 2, approxDistinct),
    percentile: of(2, 2, (rows) => percentile(rows, 'percentile', interpolated)),
    percentile_approx: of(2, 3, (rows) => percentile(rows, 'percentile_approx', nearest)),
    approx_percentile: of(2, 3, (rows) => percentile(rows, 'approx_percentile', nearest)),
    median: of(1, 1, (rows) => interpolated(sorted(firsts(rows)), 0.5)),
    mean,
    std: stddev,
    stddev,
    stddev_samp: stddev,
    stddev_pop: of(1, 1, (rows) => root(variance(numbers(rows), 0))),
    variance: variant,
    var_samp: variant,
    var_pop: of(1, 1, (rows) => variance(numbers(rows), 0)),
    corr: of(2, 2, correlation),
  }
}

function of(least: number, most: number, result: (rows: Tuples) => SqlValue): AggregateFunction {
  return { least, most, result }
}

/** The first arguments that are there. */
function firsts(rows: Tuples): readonly SqlValue[] {
  return rows.map(([value]) => value ?? null).filter((value) => value !== null)
}

function numbers(rows: Tuples): readonly number[] {
  return firsts(rows).map(numberOf)
}

/** With a second argument that is true: those without NULL. */
function chosen(rows: Tuples): Tuples {
  return rows[0]?.[1] === undefined || numberOf(rows[0][1]) === 0 ? rows : rows.filter(([value]) => value !== null)
}

/** Of rows of equal rank the last, as in Spark. */
function by(rows: Tuples, sign: 1 | -1): SqlValue {
  let best: readonly SqlValue[] | undefined
  for (const row of rows) {
    const rank = row[1] ?? null
    if (rank !== null && (best === undefined || compareValues(rank, best[1] as SqlValue) * sign >= 0)) best = row
  }
  return best?.[0] ?? null
}

/** In the order in which they first come. A number is the same whether SQLite keeps it as an integer or as a real. */
function distinct(values: readonly SqlValue[]): readonly SqlValue[] {
  const seen = new Set<unknown>()
  return values.filter((value) => {
    const same = keyOf(value)
    const key = typeof same === 'object' ? `b${same?.[0]}` : typeof same === 'string' ? `s${same}` : same
    return !seen.has(key) && seen.add(key)
  })
}

/** Equal for equal values: a number that a double holds is one, however SQLite keeps it; bytes are a tuple of their hex digits. */
function keyOf(value: SqlValue): string | number | bigint | readonly [string] | null {
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('hex')]
  return typeof value === 'bigint' && BigInt(Number(value)) === value ? Number(value) : value
}

/** HyperLogLog++ of millrace/sketch; the second argument is the standard deviation of the relative error, as in Spark. */
function approxDistinct(rows: Tuples): bigint {
  const given = rows[0]?.[1]
  const sketch = hyperLogLog(given === undefined ? {} : { relativeSD: numberOf(given) })
  let state: Uint8Array | undefined
  for (const value of firsts(rows)) state = state === undefined ? sketch.create(keyOf(value)) : sketch.mergeValue(state, keyOf(value))
  return state === undefined ? 0n : BigInt(sketch.estimate(sketch.settle(state)))
}

function jsonOf(values: readonly SqlValue[]): string {
  return `[${values
    .map((value) => {
      if (value instanceof Uint8Array) throw new MillraceError('BAD_VALUE', 'sql: a list holds a blob, which JSON has not: collect hex(value)')
      return typeof value === 'bigint' ? String(value) : JSON.stringify(value)
    })
    .join(',')}]`
}

function sumOf(values: readonly number[]): number {
  // Neumaier's: what a sum loses is added at its end, as SQLite's own sum does.
  let sum = 0
  let lost = 0
  for (const value of values) {
    const next = sum + value
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  return Number.isFinite(lost) ? sum + lost : sum
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : sumOf(values) / values.length
}

/** `less`: 1 of a sample, 0 of all. A sample of one has none. */
function variance(values: readonly number[], less: 0 | 1): number | null {
  const mean = meanOf(values)
  return mean === null || values.length <= less ? null : sumOf(values.map((value) => (value - mean) ** 2)) / (values.length - less)
}

function root(value: number | null): number | null {
  return value === null ? null : Math.sqrt(value)
}

function correlation(rows: Tuples): number | null {
  const pairs = rows.filter(([x, y]) => x !== null && y !== null).map(([x, y]) => [numberOf(x), numberOf(y)] as const)
  const [mx, my] = [meanOf(pairs.map(([x]) => x)), meanOf(pairs.map(([, y]) => y))]
  if (mx === null || my === null) return null
  const both = sumOf(pairs.map(([x, y]) => (x - mx) * (y - my)))
  const [xx, yy] = [sumOf(pairs.map(([x]) => (x - mx) ** 2)), sumOf(pairs.map(([, y]) => (y - my) ** 2))]
  return xx === 0 || yy === 0 ? null : both / Math.sqrt(xx * yy)
}

function sorted(values: readonly SqlValue[]): readonly SqlValue[] {
  return [...values].sort(compareValues)
}

function percentile(rows: Tuples, name: string, at: (values: readonly SqlValue[], p: number) => SqlValue): SqlValue {
  const values = sorted(firsts(rows))
  if (values.length === 0) return null
  const p = numberOf(rows[0]?.[1])
  if (!(p >= 0 && p <= 1)) throw new MillraceError('BAD_VALUE', `sql: ${name} got ${String(rows[0]?.[1])} as its percentage; it must be from 0 to 1`)
  return at(values, p)
}

/** Between the two neighbours, as Spark's percentile. */
function interpolated(values: readonly SqlValue[], p: number): number | null {
  if (values.length === 0) return null
  const position = (values.length - 1) * p
  const [low, high] = [Math.floor(position), Math.ceil(position)]
  const [a, b] = [numberOf(values[low]), numberOf(values[high])]
  return low === high ? a : (high - position) * a + (position - low) * b
}

/** The smallest value that this share of all is not greater than. */
function nearest(values: readonly SqlValue[], p: number): SqlValue {
  return values[Math.max(0, Math.ceil(values.length * p) - 1)] ?? null
}
