// Every function against Spark's own answers (spark-answers.py), and what Spark has not.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { defineFunctions, scalarFunctions } from '../../lib/sql/functions/define-functions.ts'
import { aggregates } from '../../lib/sql/functions/aggregates.ts'
import type { Environment } from '../../lib/sql/functions/define.ts'
import { zoneOf } from '../../lib/sql/functions/zone.ts'

interface Case {
  readonly sql: string
  readonly zone?: string
  readonly where?: string
  readonly answer?: unknown
  readonly error?: string
}
const { rows, cases } = JSON.parse(readFileSync(join(import.meta.dirname, 'spark-answers.json'), 'utf8')) as {
  readonly rows: readonly (readonly [string | null, number, number | null, number])[]
  readonly cases: readonly Case[]
}

/** Spark's sets come in no order. */
const sorted = (json: unknown): unknown => (typeof json === 'string' ? (JSON.parse(json) as unknown[]).map((value) => JSON.stringify(value)).sort() : json)

const databases = new Map<string, DatabaseSync>()
function open(zone: string): DatabaseSync {
  const found = databases.get(zone)
  if (found !== undefined) return found
  const db = new DatabaseSync(':memory:')
  const environment: Environment = {
    zone: zoneOf(zone),
    plain: new DatabaseSync(':memory:'),
    batchTime: () => 1_750_000_001_123,
    windowStart: () => 0,
    windowEnd: () => 1,
  }
  defineFunctions(db, environment, { twice: (n: number) => n * 2, nought: () => undefined, yes: () => true })
  db.exec('create table t (k text, v real, n integer, w real)')
  for (const row of rows)
    db.prepare('insert into t values (?, ?, ?, ?)').run(...row.map((value, i) => (i === 2 && value !== null ? BigInt(value as number) : value)))
  databases.set(zone, db)
  return db
}
function ask(sql: string, zone = 'UTC', where?: string): unknown {
  return open(zone)
    .prepare(`select ${sql} as x${where === undefined ? '' : ` from t where ${where}`}`)
    .get()?.['x']
}

describe("Spark's answers", () => {
  it('are there for every function of its', () => {
    const asked = cases.map(({ sql }) => sql).join('\n')
    const own = [
      'batch_time',
      'window_start',
      'window_end',
      'time',
      'datetime',
      'julianday',
      'unixepoch',
      'strftime',
      'timediff',
      'date',
      'date_diff',
      'dateadd',
      'approx_percentile',
    ]
    const missing = [...Object.keys(scalarFunctions({} as Environment)), ...Object.keys(aggregates())].filter(
      (name) => !own.includes(name) && !new RegExp(`\\b${name}\\b`).test(asked),
    )
    expect(missing).toEqual([])
    expect(cases.length).toBeGreaterThan(600)
  })

  it.each(cases.map((one) => [`${one.sql} ${one.zone ?? ''} ${one.where ?? ''}`, one] as const))('%s', (_name, { sql, zone, where, answer, error }) => {
    const expected = error === undefined ? answer : null
    const got = ask(sql, zone, where)
    if (typeof expected === 'number' && typeof got === 'number' && !Number.isInteger(expected)) expect(got).toBeCloseTo(expected, 10)
    else if (sql.startsWith('collect_set')) expect(sorted(got)).toEqual(sorted(expected))
    else expect(got).toEqual(expected)
  })
})

describe("what is not Spark's", () => {
  it.each([
    ['batch_time()', '2025-06-15 15:06:41.123'],
    ["datetime('2026-01-01 10:00:00.500')", '2026-01-01 10:00:00.500'],
    ["datetime('2026-01-31', '+1 month')", '2026-03-03 00:00:00.000'],
    ["date('2026-01-31', 'start of month', '-1 day')", '2025-12-31'],
    ["time('2026-01-01T10:00:00+02:00')", '08:00:00'],
    ["datetime(1750000001, 'unixepoch')", '2025-06-15 15:06:41.000'],
    ["unixepoch('2025-06-15 15:06:41.123')", 1_750_000_001],
    ["unixepoch('2025-06-15 15:06:41.123', 'subsec')", 1_750_000_001.123],
    ["julianday('2000-01-01 12:00')", 2_451_545],
    ["strftime('%d.%m.%Y %H:%M:%f %s %%', '2025-06-15 15:06:41.123')", '15.06.2025 15:06:41.123 1750000001 %'],
    ["timediff('2026-01-02', '2026-01-01 12:00')", '+0000-00-00 12:00:00.000'],
    ["datetime('now' || '')", null],
    ["datetime('NOW ' || '')", null],
    ["date('2026-01-01', 'utc' || '')", null],
    ["time('subsec' || '')", null],
    ["julianday('nope')", null],
    ['timestamp_millis(253402300800000)', null],
    ["regexp_replace('ab', '(?<x>a)', '${x}${x}')", 'aab'],
    ['twice(3)', 6],
    ['typeof(twice(3))', 'real'],
    ['nought()', null],
    ['yes()', 1],
    ["hour('2026-03-29 01:30:15.123') || ''", '1'],
    ['concat(1, 1.0, 1.5)', '11.01.5'],
    ['typeof(greatest(1, 2))', 'integer'],
    ['approx_percentile(v, 0.5)', null],
  ])('%s', (sql, expected) => {
    expect(ask(sql, 'UTC', sql.includes('(v') ? 'v > 1000' : undefined)).toEqual(expected)
  })
  it.each([
    ["datetime('2026-01-01 10:00:00.000', 'start of day')", '2025-12-31 18:30:00.000'],
    ["date('2025-12-31 20:00:00.000')", '2026-01-01'],
    ["time('2025-12-31 20:00:00.000')", '01:30:00'],
    ["unixepoch('2025-12-31 20:00:00.000')", 1_767_211_200],
    ["strftime('%H:%M %s', '2025-12-31 20:00:00.000')", '01:30 1767211200'],
    ["datetime('2026-01-01 01:30')", '2025-12-31 20:00:00.000'],
  ])('%s in Asia/Kolkata', (sql, expected) => {
    expect(ask(sql, 'Asia/Kolkata')).toEqual(expected)
  })
  it('aggregates have an inverse: over a moving frame they give what a fold of its rows gives', () => {
    const names = Object.entries(aggregates()).filter(([, { least }]) => least === 1)
    for (const [name, fn] of names) {
      const got = open('UTC')
        .prepare(`select ${name}(v) over (order by w rows between 2 preceding and 1 following) as x from t order by w`)
        .all()
        .map((row) => row['x'])
      const values = [...rows].sort((a, b) => a[3] - b[3]).map((row) => row[1])
      const expected = values.map((_, i) => fn.result(values.slice(Math.max(0, i - 2), i + 2).map((v) => [v])))
      expect(got.map(String), name).toEqual(expected.map(String))
    }
  })
})

describe('sets of many values', () => {
  const db = new DatabaseSync(':memory:')
  defineFunctions(db, { zone: zoneOf('UTC'), plain: new DatabaseSync(':memory:'), batchTime: () => 0, windowStart: () => 0, windowEnd: () => 1 }, {})
  db.exec(`create table n as with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) select i, i % 100 as few from n`)
  const one = (text: string): unknown => db.prepare(`select ${text} as x`).get()?.['x']

  // Five standard deviations: a hash that spreads badly, or a sketch of another precision, is further off.
  it.each([
    ['i', 20_000, 0.05],
    ["'user-' || i", 20_000, 0.05],
    ['i', 20_000, 0.01],
    ["cast('b' || i as blob)", 20_000, 0.02],
    ['i / 2.0', 20_000, 0.05],
  ])('approx_count_distinct of %s: %i within 5 x %d', (value, exact, sd) => {
    const found = Number(one(`(select approx_count_distinct(${value}${sd === 0.05 ? '' : `, ${sd}`}) from n)`))
    expect(Math.abs(found - exact) / exact).toBeLessThan(5 * sd)
  })
  it('approx_count_distinct is an estimate where values are many, and the same in any order', () => {
    const up = one('(select approx_count_distinct(i, 0.1) from (select i from n order by i))')
    expect(up).toBe(one('(select approx_count_distinct(i, 0.1) from (select i from n order by i desc))'))
    expect(up).not.toBe(20_000)
    expect(one('(select approx_count_distinct(few) from n)')).toBe(100)
    expect(one('(select approx_count_distinct(i) from n where i < 0)')).toBe(0)
  })
  it('takes integers that no double holds for different ones, and an integer and its real for one', () => {
    const values =
      '(select 9007199254740992 as v union all select 9007199254740993 union all select 9007199254740992.0 union all select 1 union all select 1.0)'
    expect(JSON.parse(one(`(select collect_set(v) from ${values})`) as string)).toHaveLength(3)
    expect(one(`(select approx_count_distinct(v) from ${values})`)).toBe(3)
  })
  it('percentile_approx is the exact one', () => {
    expect(one('(select percentile_approx(i, 0.25) from n)')).toBe(5_000)
    expect(one('(select percentile_approx(i, 0.999, 10) from n)')).toBe(19_980)
  })
})
