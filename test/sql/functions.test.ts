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

/** Where we give something else on purpose, or Spark's own form of a number is another; each is said in docs/sql.md. */
const DIFFERENT: Readonly<Record<string, unknown>> = {}

const databases = new Map<string, DatabaseSync>()
function open(zone: string): DatabaseSync {
  const found = databases.get(zone)
  if (found !== undefined) return found
  const db = new DatabaseSync(':memory:')
  const environment: Environment = { zone: zoneOf(zone), plain: new DatabaseSync(':memory:'), batchTime: () => 1_750_000_001_123, windowStart: () => 0, windowEnd: () => 1 }
  defineFunctions(db, environment, { twice: (n: number) => n * 2, nothing: () => undefined, yes: () => true })
  db.exec('create table t (k text, v real, n integer, w real)')
  for (const row of rows) db.prepare('insert into t values (?, ?, ?, ?)').run(...row.map((value, i) => (i === 2 && value !== null ? BigInt(value as number) : value)))
  databases.set(zone, db)
  return db
}
function ask(sql: string, zone = 'UTC', where?: string): unknown {
  return open(zone).prepare(`select ${sql} as x${where === undefined ? '' : ` from t where ${where}`}`).get()?.['x']
}

describe("Spark's answers", () => {
  it('are there for every function of its', () => {
    const asked = cases.map(({ sql }) => sql).join('\n')
    const own = ['batch_time', 'window_start', 'window_end', 'time', 'datetime', 'julianday', 'unixepoch', 'strftime', 'timediff', 'date', 'date_diff', 'dateadd', 'approx_percentile']
    const missing = [...Object.keys(scalarFunctions({} as Environment)), ...Object.keys(aggregates())].filter((name) => !own.includes(name) && !new RegExp(`\\b${name}\\b`).test(asked))
    expect(missing).toEqual([])
    expect(cases.length).toBeGreaterThan(600)
  })

  it.each(cases.map((one) => [`${one.sql} ${one.zone ?? ''} ${one.where ?? ''}`, one] as const))('%s', (_name, { sql, zone, where, answer, error }) => {
    const expected = Object.hasOwn(DIFFERENT, sql) ? DIFFERENT[sql] : error === undefined ? answer : null
    const got = ask(sql, zone, where)
    if (typeof expected === 'number' && typeof got === 'number' && !Number.isInteger(expected)) expect(got).toBeCloseTo(expected, 10)
    else expect(got).toEqual(expected)
  })
})
