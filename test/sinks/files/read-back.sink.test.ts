// Files of tables, read by readers that are not ours: Python's csv module, and DuckDB.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { csvFile, defineJob, json, seconds, type FileFormat } from 'millrace'
import { parquetFile } from 'millrace/parquet'
import { runBatches } from 'millrace/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'millrace-read-back-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let python = ''
beforeAll(() => void (python = execFileSync('localstack/readers/python.sh', { encoding: 'utf8' }).trim()), 300_000)

const read = (...args: readonly string[]): unknown =>
  JSON.parse(execFileSync(python, [join(import.meta.dirname, 'read-back.py'), ...args], { encoding: 'utf8' }))

async function write(name: string, format: FileFormat, rows: readonly unknown[]): Promise<string> {
  await format.load?.()
  const path = join(folder, name)
  writeFileSync(path, format.write(rows.map((row) => format.prepare(row))))
  return path
}

const columns = { i: 'integer', r: 'real', t: 'text', b: 'boolean', at: 'timestamp', j: 'json', raw: 'blob' } as const
const ODD = 'a "quoted", text;\r\nwith\nlines\tä € 𝄞'
const ROWS = [
  { i: 1, r: 0.1, t: ODD, b: true, at: new Date(1_795_605_160_123), j: { a: [1, 'x"', null] }, raw: new Uint8Array([0, 255]) },
  { i: 2n ** 63n - 1n, r: -1e300, t: '', b: false, at: 0, j: 'text', raw: new Uint8Array([]) },
  { i: null, r: null, t: null, b: null, at: null, j: null, raw: null },
]

it('CSV is read by Python as it was', async () => {
  const path = await write('odd.csv', csvFile({ columns }), ROWS)
  expect(read('csv', path)).toEqual([
    ['i', 'r', 't', 'b', 'at', 'j', 'raw'],
    ['1', '0.1', ODD, 'true', '2026-11-25T11:12:40.123Z', '{"a":[1,"x\\"",null]}', 'AP8='],
    ['9223372036854775807', '-1e+300', '', 'false', '1970-01-01T00:00:00.000Z', '"text"', ''],
    ['', '', '', '', '', '', ''],
  ])
})

it('Parquet is read by DuckDB as it was', async () => {
  const path = await write('odd.parquet', parquetFile({ columns }), ROWS)
  expect(read('parquet', path, 'select i::varchar, r, t, b, epoch_ms("at"), j, hex(raw), typeof(i), typeof("at") from FILES')).toEqual([
    ['1', 0.1, ODD, true, 1_795_605_160_123, '{"a":[1,"x\\"",null]}', '00FF', 'BIGINT', expect.stringMatching(/^TIMESTAMP/)],
    ['9223372036854775807', -1e300, '', false, 0, '"text"', '', 'BIGINT', expect.stringMatching(/^TIMESTAMP/)],
    [null, null, null, null, null, null, null, 'BIGINT', expect.stringMatching(/^TIMESTAMP/)],
  ])
})

// DuckDB takes Hive's default partition for a text, where Athena, Spark and Hive read null.
it('a table by hour and country is read by DuckDB as one, with its directories as columns', async () => {
  interface Order {
    readonly id: number
    readonly country: string | null
  }
  const job = defineJob({ name: 'orders', batchInterval: seconds(1_800), numPartitions: 2 }, (ssc) => {
    const orders = ssc.kinesisStream('orders', json()).map((order) => order as Order)
    orders.saveAsFiles('orders', parquetFile({ columns: { id: 'integer' } }), { layout: 'hour', partitionBy: ({ country }) => ({ country }) })
  })
  // Batches end at half past 0, 1:00, 1:30 ...
  const batches = Array.from({ length: 6 }, (_, n) =>
    Array.from({ length: 20 }, (_u, i): Order => ({ id: n * 100 + i, country: [null, 'de', "c=d / e's"][i % 3] ?? null })),
  )
  const { files } = await runBatches(job, { orders: batches })
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(folder, 'table', name)), { recursive: true })
    writeFileSync(join(folder, 'table', name), bytes)
  }
  const found = read(
    'parquet',
    join(folder, 'table/orders/**/*.parquet'),
    "select dt::varchar, hour::int, nullif(country, '__HIVE_DEFAULT_PARTITION__'), count(*), sum(id)::bigint from FILES group by all order by all",
  ) as readonly unknown[][]
  const sums = new Map<string, [number, number]>()
  batches
    .flatMap((orders, n) => orders.map((order) => ({ ...order, hour: Math.floor((n + 1) / 2) })))
    .forEach(({ id, country, hour }) => {
      const [count, sum] = sums.get(JSON.stringify([hour, country])) ?? [0, 0]
      sums.set(JSON.stringify([hour, country]), [count + 1, sum + id])
    })
  expect(new Map(found.map(([dt, hour, country, count, sum]) => [JSON.stringify([hour, country]), [count, sum, dt]]))).toEqual(
    new Map([...sums].map(([key, [count, sum]]) => [key, [count, sum, '1970-01-01']])),
  )
})
