// Random statements through sql and through plain node:sqlite over the same rows; windows are folded here. With faults, and partition by partition.
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { defineJob, type DStream, json, seconds } from 'millrace'
import { sql, table } from 'millrace/sql'
import { runBatches } from 'millrace/testing'
import { expect, it } from 'vitest'

interface Row {
  readonly k: number
  readonly v: number | null
  readonly s: string | null
}
const row = fc.record({
  k: fc.integer({ min: 0, max: 3 }),
  v: fc.option(fc.integer({ min: -3, max: 3 }).map((n) => n / 2)),
  s: fc.option(fc.constantFrom('a', 'b', 'B', '', 'é')),
})
/** SQLite's own, which the plain database has, too. */
const AGGREGATES = [
  'count(*)',
  'count(v)',
  'sum(v)',
  'total(v)',
  'avg(v)',
  'min(v)',
  'max(s)',
  'group_concat(s)',
  'count(distinct s)',
  'sum(v) filter (where k > 0)',
  'json_group_array(v)',
  'json_group_array(s)',
]
const FILTERS = [
  '1',
  'v > 0',
  'v is null or s is not null',
  "s in ('a', 'B')",
  'k % 2 = 1',
  'v between -1 and 1',
  'exists (select 1 from names where names.key = rows.k)',
]
/** By key: what runs partition by partition, too. */
const keyed = fc
  .tuple(
    fc.constantFrom(...FILTERS),
    fc.uniqueArray(fc.constantFrom(...AGGREGATES.filter((a) => !a.includes('distinct'))), { minLength: 1, maxLength: 3 }),
    fc.boolean(),
  )
  .map(
    ([filter, aggregates, two]) =>
      `select k, ${two ? 's, ' : ''}${aggregates.map((a, i) => `${a} as a${i}`).join(', ')} from rows where ${filter} group by ${two ? 's, ' : ''}k`,
  )
const windowed = fc
  .tuple(fc.constantFrom(...FILTERS), fc.constantFrom('row_number()', 'rank()', 'sum(v)', 'lag(v)', 'count(*)'))
  .map(([filter, fn]) => `select k, v, s, ${fn} over (partition by k order by v, s) as f from rows where ${filter}`)
const whole = fc.oneof(
  fc
    .tuple(fc.constantFrom(...FILTERS), fc.uniqueArray(fc.constantFrom(...AGGREGATES), { minLength: 1, maxLength: 4 }))
    .map(([filter, aggregates]) => `select ${aggregates.map((a, i) => `${a} as a${i}`).join(', ')} from rows where ${filter}`),
  // Ties, and a limit without a total order: the canonical order decides.
  fc
    .tuple(fc.constantFrom(...FILTERS), fc.constantFrom('v', 'v desc', 'k', 's desc, k'), fc.integer({ min: 0, max: 4 }))
    .map(([filter, order, n]) => `select k, v, s from rows where ${filter} order by ${order} limit ${n}`),
  fc.constantFrom(
    'select distinct v from rows',
    'select s from rows union select name from names',
    'select rows.k, names.name, v from rows left join names on names.key = rows.k',
    'select k from rows intersect select key from names',
    'with c as (select k, max(v) as m from rows group by k) select c.m, names.name from c join names on names.key = c.k',
    'select k, v from rows limit 3',
  ),
)
const NAMES: readonly (readonly [number, string])[] = [
  [1, 'one'],
  [2, 'two'],
]

const compare = (a: unknown, b: unknown): number => {
  if (a === b) return 0
  if (a === null || b === null) return a === null ? -1 : 1
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return (a as number) < (b as number) ? -1 : 1
}
const byColumns = (rows: readonly object[]): readonly object[] =>
  [...rows].sort((a, b) => Object.values(a).reduce((found: number, value, i) => (found !== 0 ? found : compare(value, Object.values(b)[i])), 0))

/** The same, of a database of its own: the rows that the statement reads of are put in their canonical order by hand. */
function plainly(text: string, rows: readonly Row[]): readonly object[] {
  const db = new DatabaseSync(':memory:')
  db.exec('create table rows (k integer, v real, s text); create table names (key integer, name text)')
  const reads = (['k', 'v', 's'] as const).filter((name) => new RegExp(`\\b${name}\\b`).test(text.replaceAll(/ as \w+/g, '')))
  const order = [...rows].sort((a, b) => reads.reduce((found, name) => (found !== 0 ? found : compare(a[name], b[name])), 0))
  for (const { k, v, s } of order) db.prepare('insert into rows values (?, ?, ?)').run(BigInt(k), v, s)
  for (const [key, name] of NAMES) db.prepare('insert into names values (?, ?)').run(BigInt(key), name)
  const result = db
    .prepare(text)
    .all()
    .map((one) => ({ ...one }))
  db.close()
  return /order by[^()]*$/.test(text) ? result : byColumns(result)
}

async function check(text: string, batches: readonly (readonly Row[])[], partitionBy: string | undefined, window: boolean, seed: number): Promise<void> {
  const job = defineJob({ name: 'random', batchInterval: seconds(5) }, (ssc) => {
    const input = ssc.kinesisStream('rows', json()) as DStream<Row>
    const rows = window ? input.window(seconds(10), seconds(5)) : input
    const names = ssc.staticTable('names', async () => NAMES.map(([key, name]) => [key, { name }]))
    const tables = {
      rows: table(rows, { k: 'integer', v: 'real', s: 'text' }),
      names: table(names, partitionBy === undefined ? { key: 'integer', name: 'text' } : { key: 'integer', name: 'text' }),
    }
    sql(ssc, tables, text, partitionBy === undefined ? {} : { partitionBy }).saveAsJsonFiles('out')
  })
  const expected = batches.map((batch, i) => plainly(text, window ? [...(batches[i - 1] ?? []), ...batch] : batch))
  for (const options of [{}, { shards: 2, numPartitions: 4, seed, faults: { duplicateDelivery: 0.3, timeoutAfterCommit: 0.3, staleCache: 0.3 } }]) {
    const out = new Map((await runBatches(job, { rows: batches }, options)).json('out').map(({ timeMs, rows }) => [timeMs, rows as readonly object[]]))
    batches.forEach((_, i) => {
      const got = out.get((i + 1) * 5000) ?? []
      expect(JSON.stringify(partitionBy === undefined ? got : byColumns(got)), `${text}, batch ${i + 1}`).toBe(
        JSON.stringify(partitionBy === undefined ? expected[i] : byColumns(expected[i]!)),
      )
    })
  }
}

it('random statements give what plain SQLite gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(whole, keyed, windowed),
      fc.array(fc.array(row, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      fc.integer(),
      (text, batches, window, seed) => check(text, batches, undefined, window, seed),
    ),
    { numRuns: 60 },
  )
}, 120_000)

it('partition by partition, too', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(keyed, windowed).filter((text) => !text.includes('exists')),
      fc.array(fc.array(row, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      fc.integer(),
      (text, batches, window, seed) => check(text, batches, 'k', window, seed),
    ),
    { numRuns: 40 },
  )
}, 120_000)
