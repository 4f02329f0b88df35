// npm run bench:sinks, with a server of `npm run postgres`: rows per second of the PostgreSQL sink, beside a bare loop of the client that writes the same and compares nothing.
import { postgres } from 'millrace/postgres'
import { sinkBatch } from 'millrace/testing'
import pg from 'pg'

const URL = process.env['DATABASE_URL'] ?? 'postgres://millrace:millrace@127.0.0.1:15432/postgres'
const BATCHES = 100
const ROWS = 1_000
const columns = { key: 'text', value: 'integer', price: 'real', at: 'timestamp' } as const

const rows = Array.from({ length: ROWS }, (_, i) => [`key ${i}`, { value: i, price: i / 7, at: 1_795_605_160_000 + i }] as const)
const client = new pg.Client({ connectionString: URL })
await client.connect()
await client.query('drop table if exists bench_bare, bench_append, bench_upsert, millrace_batches')
await client.query('create table bench_bare (key text, value bigint, price double precision, at timestamptz)')

async function measure(name: string, write: (n: number) => Promise<void>): Promise<void> {
  for (let n = 1; n <= 10; n++) await write(n)
  const [cpu, started] = [process.cpuUsage(), performance.now()]
  for (let n = 11; n <= 10 + BATCHES; n++) await write(n)
  const ms = performance.now() - started
  const { user, system } = process.cpuUsage(cpu)
  const perSecond = (time: number): string => Math.round((BATCHES * ROWS * 1_000) / time).toLocaleString('en')
  console.log(
    `${name.padEnd(24)} ${perSecond(ms).padStart(9)} rows/s  ${perSecond((user + system) / 1_000).padStart(9)} rows per second of own CPU  ${(ms / BATCHES).toFixed(1)} ms a batch`,
  )
}

await measure('a bare loop of pg', async () => {
  await client.query('insert into bench_bare select * from unnest($1::text[], $2::bigint[], $3::float8[], $4::timestamptz[])', [
    rows.map(([key]) => key),
    rows.map(([, { value }]) => value),
    rows.map(([, { price }]) => price),
    rows.map(([, { at }]) => new Date(at).toISOString()),
  ])
})
for (const [name, table, key] of [
  ['postgres, appended', 'bench_append', undefined],
  ['postgres, by key', 'bench_upsert', 'key'],
] as const) {
  const sink = postgres({ connection: () => URL, table, columns, ...(key === undefined ? {} : { key }) })
  await sink.open?.()
  await measure(name, (n) => sink.write(rows, sinkBatch({ n })))
}
await client.end()
process.exit()
