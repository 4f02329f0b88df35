// What SQL on batches costs, beside plain JavaScript over the same rows. Canonical order and all of compute is in it; the rows are there already, as after a shuffle.
import type { OperatorContext, ReadonlyTable } from '../lib/dstream/node.ts'
import { defineJob, type DStream, seconds } from 'millrace'
import { sql, table as sqlTable } from 'millrace/sql'
import { planJob } from '../lib/plan/plan-job.ts'
import { measure } from './measure.ts'
import { random } from './random.ts'
import { table } from './table.ts'

interface Row {
  readonly id: number
  readonly k: string
  readonly v: number
  readonly ts: number
  readonly s: string
}
const COLUMNS = { id: 'integer', k: 'text', v: 'real', ts: 'timestamp', s: 'text' } as const
const KEYS = 3_000
const STATIC_ROWS = 100_000

function rowsOf(n: number): readonly Row[] {
  const next = random(11)
  return Array.from({ length: n }, (_, id) => ({
    id,
    k: `key-${Math.floor(next() * KEYS)}`,
    v: next() * 100,
    ts: 1_750_000_000_000 + id,
    s: `text ${id % 97}`,
  }))
}

/** Returns what computes a batch of a statement: the node's own function. */
function computer(text: string, statics: Readonly<Record<string, ReadonlyTable>>): (rows: readonly Row[]) => unknown {
  const job = defineJob({ name: 'bench', batchInterval: seconds(1) }, (ssc) => {
    const rows: DStream<Row> = ssc.queueStream<Row>([])
    const names = ssc.staticTable('names', async () => [[1, { code: 'a', name: 'b' }]])
    sql(ssc, { rows: sqlTable(rows, COLUMNS), names: sqlTable(names, { key: 'integer', code: 'text', name: 'text' }) }, text).foreachRDD(() => {})
  })
  const node = planJob(job)
    .stages.flatMap(({ nodes }) => nodes)
    .find(({ kind }) => kind === 'sql')
  if (node?.shape !== 'barrier') throw new Error('there is no statement')
  const context = {
    time: 1000,
    partition: 0,
    numPartitions: 1,
    intervalMs: 1000,
    table: ({ name }: { readonly name: string }) => statics[name],
    deadLetter: () => {},
  } as unknown as OperatorContext
  return (rows) => node.compute([rows], context)
}

function plain(rows: readonly Row[]): unknown {
  const groups = new Map<string, { n: number; sum: number }>()
  for (const { k, v } of rows) {
    if (v <= 10) continue
    const group = groups.get(k)
    if (group === undefined) groups.set(k, { n: 1, sum: v })
    else {
      group.n++
      group.sum += v
    }
  }
  return Array.from(groups, ([k, { n, sum }]) => ({ k, n, a: sum / n }))
}

/** Prints milliseconds per batch, and what a statement adds to the process. */
export async function sqlSuite(): Promise<void> {
  const text = 'select k, count(*) as n, avg(v) as a from rows where v > 10 group by k'
  const before = process.memoryUsage.rss()
  const empty: ReadonlyTable = { hash: 'empty', get: () => undefined, entries: () => [] }
  const group = computer(text, { names: empty })
  const start = performance.now()
  group(rowsOf(100))
  const first = performance.now() - start
  const grown = (process.memoryUsage.rss() - before) / 1e6
  const lines: string[][] = []
  for (const n of [100, 10_000, 100_000]) {
    const rows = rowsOf(n)
    // One batch of a hundred is too short for the clock of a processor.
    const often = Math.max(1, 10_000 / n)
    const times = await measure(
      [
        { name: 'sql', run: () => repeat(often, () => group(rows)) },
        { name: 'plain', run: () => repeat(often, () => plain(rows)) },
      ],
      n > 10_000 ? { rounds: 9, warmup: 3 } : { rounds: 25, warmup: 10 },
    )
    lines.push([`${n} rows: filter, group, canonical order`, ...['sql', 'plain'].map((name) => ((times.get(name) ?? NaN) / often).toFixed(3))])
  }
  const content = Array.from({ length: STATIC_ROWS }, (_, i) => [i, { code: `code-${i}`, name: `name ${i}` }] as const)
  const large: ReadonlyTable = { hash: 'large', get: () => undefined, entries: () => content }
  const join = computer('select r.id, n.name from rows r join names n on n.code = r.s', { names: large })
  const some = rowsOf(100).map((row) => ({ ...row, s: `code-${row.id * 997}` }))
  const loading = performance.now()
  join(some)
  const loaded = performance.now() - loading
  const joined = await measure([{ name: 'join', run: () => repeat(100, () => join(some)) }], { rounds: 15, warmup: 5 })
  lines.push([`100 rows against a static table of ${STATIC_ROWS}, by another column`, ((joined.get('join') ?? NaN) / 100).toFixed(3), ''])
  console.log(table(['sql', 'ms a batch', 'plain JS, ms'], lines))
  console.log(
    `the first batch, with its database: ${first.toFixed(1)} ms, ${grown.toFixed(1)} MB; loading the static table: ${loaded.toFixed(0)} ms, once per version`,
  )
}

function repeat(times: number, work: () => unknown): unknown {
  let last: unknown
  for (let i = 0; i < times; i++) last = work()
  return last
}
