// Questions to a run: answers compared with a fold of the input, while it runs and after; what is refused; what a get costs.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { defineJob, json, seconds, type State, text } from 'millrace'
import { runEmbedded } from 'millrace/embedded'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answer } from '../../lib/cli/query-child.ts'
import { withSource } from '../../lib/cli/query-source.ts'
import { openStateOf } from '../../lib/query/open-state.ts'
import { StateReader } from '../../lib/query/state-reader.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-query-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const state = join(folder, 'state')
const place = { state }
const WORDS = ['be', 'not', 'or', 'to']
const lines = Array.from({ length: 300 }, (_, i) => `${WORDS[i % 4]} ${WORDS[(i * 7) % 3]}`)
const totals = new Map<string, number>()
for (const word of lines.flatMap((line) => line.split(' '))) totals.set(word, (totals.get(word) ?? 0) + 1)

const job = defineJob({ name: 'asked', batchInterval: seconds(1), numPartitions: 3 }, (ssc) => {
  const words = ssc.kinesisStream('lines', text()).flatMap((line) => line.split(' '))
  const pairs = words.mapToPair((word) => [word, 1])
  pairs.reduceByKey((a, b) => a + b).saveAsJsonFiles('daily/counts')
  words.map((word) => ({ word, Word: word.length, at: 'x' })).saveAsJsonFiles('words')
  words.saveAsTextFiles('plain')
  pairs
    .mapWithState(
      (_word, one, kept: State<number>) => {
        kept.update((kept.getOption() ?? 0) + (one ?? 0))
        return kept.get()
      },
      { uid: 'totals' },
    )
    .foreachRDD(() => {})
  pairs.updateStateByKey((ones, sum: number | undefined) => (sum ?? 0) + ones.length, { uid: 'sums' }).foreachRDD(() => {})
  pairs.window(seconds(3), seconds(1), { uid: 'panes' }).foreachRDD(() => {})
})
const ask = async (sql: string, last = 1000) =>
  (await answer({ job: 'asked', place, sql, last, sinceMs: undefined })).answer!.rows.map((row) =>
    row.map((cell) => (typeof cell === 'bigint' ? Number(cell) : cell)),
  )

beforeAll(async () => {
  const input = join(folder, 'lines.txt')
  writeFileSync(input, `${lines.join('\n')}\n`)
  const running = runEmbedded(job, { state, output: join(folder, 'out'), inputs: { lines: { path: input } }, rate: 50, speed: Infinity })
  await running
}, 60_000)

describe('a finished run', () => {
  it('shows its outputs, pairs and objects, with the names of its rows', async () => {
    expect(await ask('select key, sum(value) as n from files."daily/counts" group by key order by key')).toEqual([...totals].sort())
    expect(await ask('select word, Word_2 as length, count(*) as n from words group by word order by word')).toEqual(
      [...totals].sort().map(([word, n]) => [word, word.length, n]),
    )
    expect(await ask('select value, count(*) from plain group by value order by value')).toEqual([...totals].sort())
  })
  it('shows its state, of one batch', async () => {
    for (const table of ['state."totals"', 'state_totals', 'state."sums"'])
      expect(await ask(`select key, value from ${table} order by key`)).toEqual([...totals].sort())
    const reply = await answer({ job: 'asked', place, sql: 'select 1', last: 2, sinceMs: undefined })
    expect(reply.batches).toBe(2)
    expect(reply.leftOut).toEqual([expect.stringMatching(/batches before number \d+: --last N reads more/)])
    expect(reply.stateMs).toBe(Date.parse(`${String((await ask('select max(batch_time) from batches'))[0]![0]).replace(' ', 'T')}Z`))
  })
  it('refuses what is no select, and names the tables that there are', async () => {
    for (const sql of ['delete from batches', 'create table x (y)', "attach 'x' as y", 'pragma journal_mode', "select load_extension('x')"])
      await expect(ask(sql)).rejects.toThrow(/only reads|not authorized|load_extension/)
    await expect(ask('select nope from batches')).rejects.toThrow(/no such column: nope; there are batches \(number, batch_time, tasks, done\)/)
    await expect(answer({ job: 'nobody', place, sql: 'select 1', last: 1, sinceMs: undefined })).rejects.toThrow(/there is no run of job 'nobody'/)
  })
  it('gives one key exactly, at a bounded cost', async () => {
    await withSource('state', 'asked', place, async ({ log, objects }) => {
      let reads = 0
      const counting = { get: (...args: Parameters<typeof objects.get>) => (reads++, objects.get(...args)) }
      const reader = new StateReader('asked', { log, objects: counting })
      for (const [word, n] of totals) {
        reads = 0
        expect((await reader.get('totals', word, await reader.placeOf('totals'))).value).toBe(n)
        expect(reads).toBeLessThanOrEqual(2) // a manifest and a bucket
      }
      expect((await reader.get('totals', 'nobody', await reader.placeOf('totals'))).value).toBeUndefined()
      await expect(reader.placeOf('nope')).rejects.toThrow(/no operator 'nope' that keeps state; there are panes, sums, totals/)
      const open = openStateOf<string, number>('asked', 'sums', { log, objects })
      expect(await open.get('to')).toBe(totals.get('to'))
      expect(new Map(await open.entries())).toEqual(totals)
      expect(await open.batchTime()).toBeInstanceOf(Date)
    })
  })
})

const RUN = ['--conditions=millrace-source', 'bin/millrace.mjs']
const command = async (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, [...RUN, ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )

describe('the commands', () => {
  it('print lines to a pipe, CSV and JSON', async () => {
    const sql = 'select key, sum(value) as n from files."daily/counts" group by key order by key limit 1'
    const n = totals.get('be')
    expect(await command('query', 'asked', sql, '--state', state, '--last', '1000')).toMatchObject({ code: 0, stdout: `key\tn\nbe\t${n}\n` })
    expect((await command('query', 'asked', sql, '--state', state, '--last', '1000', '--csv')).stdout).toBe(`key,n\nbe,${n}\n`)
    expect((await command('query', 'asked', sql, '--state', state, '--last', '1000', '--json')).stdout).toBe(`{"key":"be","n":${n}}\n`)
    expect(JSON.parse((await command('state', 'asked', 'totals', '--key', 'be', '--state', state, '--json')).stdout)).toMatchObject({
      key: 'be',
      value: n,
      found: true,
    })
  })
  it('end a question that takes too long', async () => {
    const endless = 'with recursive r(x) as (select 1 union all select x + 1 from r) select count(*) from r'
    expect(await command('query', 'asked', endless, '--state', state, '--timeout', '3s')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/took longer than 3 s/),
    })
  })
  it('say what is wrong with the command line', async () => {
    expect(await command('query', 'asked', 'select 1', '--state', state, '--local')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/give one of them/),
    })
    expect(await command('state', 'asked', 'totals', '--state', state)).toMatchObject({ code: 2, stderr: expect.stringMatching(/needs a key/) })
  })
})

it('answers beside a run that goes on', async () => {
  const here = join(folder, 'beside')
  const input = join(folder, 'numbers.txt')
  writeFileSync(input, Array.from({ length: 2000 }, (_, i) => JSON.stringify({ n: i })).join('\n'))
  const numbers = defineJob({ name: 'beside', batchInterval: seconds(1) }, (ssc) => {
    const rows = ssc.kinesisStream('numbers', json()).mapToPair((row) => [(row as { n: number }).n % 5, 1])
    rows.updateStateByKey((ones, sum: number | undefined) => (sum ?? 0) + ones.length, { uid: 'sums' }).saveAsJsonFiles('sums')
  })
  const run = runEmbedded(numbers, { state: here, output: join(folder, 'beside-out'), inputs: { numbers: { path: input } }, rate: 100, speed: 20 })
  let ended = false
  void run.finally(() => (ended = true))
  let asked = 0
  while (!ended) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    const reply = await answer({ job: 'beside', place: { state: here }, sql: 'select sum(value) from state."sums"', last: 5, sinceMs: undefined }).catch(
      () => undefined,
    )
    if (reply?.stateMs === null || reply === undefined) continue
    asked++
    // One batch, all of it: what the output of that very batch sums up to.
    const then = new Date(reply.stateMs).toISOString()
    const output = await answer({
      job: 'beside',
      place: { state: here },
      sql: `select sum(value) from sums where batch_time = '${then.slice(0, 10)} ${then.slice(11, 23)}'`,
      last: 100,
      sinceMs: undefined,
    })
    expect(reply.answer?.rows).toEqual(output.answer?.rows)
  }
  await run
  expect(asked).toBeGreaterThan(0)
  expect(
    (await answer({ job: 'beside', place: { state: here }, sql: 'select sum(value) from state."sums"', last: 1, sinceMs: undefined })).answer?.rows,
  ).toEqual([[2000n]])
}, 60_000)
