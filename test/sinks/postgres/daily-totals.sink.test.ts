// A whole job by its command line, killed and started again: its Parquet files and its table, beside a plain fold of its input.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { zstdDecompressSync } from 'node:zlib'
import { parquetReadObjects } from 'hyparquet'
import { randomOf } from 'millrace/testing'
import { afterAll, expect, it } from 'vitest'
import { startCli } from '../../embedded/cli.ts'
import { newDatabase, query, urlOf } from './server.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-daily-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const SEED = Date.now() % 1_000_000
const KILLS = 5

it(`writes Parquet by day and totals to PostgreSQL, however often it is killed (seed ${SEED})`, { timeout: 180_000 }, async () => {
  const random = randomOf(SEED)
  const orders = Array.from({ length: 20_000 }, (_, id) => ({ id, country: `c${random.int(40)}`, cents: random.int(10_000) }))
  writeFileSync(join(folder, 'orders.jsonl'), orders.map((order) => `${JSON.stringify(order)}\n`).join(''))
  const database = await newDatabase()
  process.env['DATABASE_URL'] = urlOf(database)
  // 20 records a second of stream time: 100 batches.
  const run = [
    'run',
    'functions/daily-totals.ts',
    '--input',
    join(folder, 'orders.jsonl'),
    '--rate',
    '20',
    '--shards',
    '2',
    '--start',
    '2026-03-01T00:00:00Z',
    '--ui',
    'off',
  ]
  const places = ['--state', join(folder, 'state'), '--output', join(folder, 'out')]
  const done = async (): Promise<number> => {
    const rows = await query<{ readonly n: string }>(database, 'select coalesce(max(millrace_time), 0) as n from totals').catch(() => [])
    return Number(rows[0]?.n ?? 0)
  }
  let kills = 0
  for (;;) {
    const before = await done()
    const child = startCli([...run, ...places])
    if (kills < KILLS) {
      while ((await done()) === before && child.process.exitCode === null) await sleep(5)
      await sleep(random.int(100))
      if (child.process.kill('SIGKILL')) kills++
    }
    const { code, signal, stderr } = await child.ended
    if (signal === 'SIGKILL') continue
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    break
  }
  expect(kills).toBeGreaterThan(0)

  const totals = new Map<string, number>()
  for (const { country, cents } of orders) totals.set(country, (totals.get(country) ?? 0) + cents)
  const table = await query<{ readonly key: string; readonly value: string }>(database, 'select key, value from totals')
  expect(new Map(table.map(({ key, value }) => [key, Number(value)]))).toEqual(totals)

  const files = readdirSync(join(folder, 'out/orders'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.parquet'))
  expect(files.every((name) => /^dt=2026-03-01\/\d+-0000[01]\.parquet$/.test(name))).toBe(true)
  const rows = await Promise.all(
    files.map(async (name) => {
      const bytes = readFileSync(join(folder, 'out/orders', name))
      const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
      return parquetReadObjects({ file, compressors: { ZSTD: (packed) => new Uint8Array(zstdDecompressSync(packed)) } })
    }),
  )
  const read = rows.flat().map((row) => ({ id: Number(row['id']), country: String(row['country']), cents: Number(row['cents']) }))
  expect(read.sort((a, b) => a.id - b.id)).toEqual(orders)
})
