// Real processes: killed at any moment, stopped between insert and commit; and two hundred connections cut.
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { openFaultyLink, randomOf, sinkBatch } from 'millrace/testing'
import { expect, it } from 'vitest'
import { HOST, newDatabase, PORT, query, sinkOf } from './server.ts'
import { childRows } from './write-child.ts'

const columns = { key: 'text', value: 'integer' } as const
const SEED = Date.now() % 1_000_000

interface Child {
  readonly process: ChildProcess
  /** What it has said. */
  readonly lines: string[]
  readonly ended: Promise<void>
}

function start(database: string, from: number, to: number): Child {
  const process = spawn('node_modules/.bin/node', ['--conditions=millrace-source', join(import.meta.dirname, 'write-child.ts'), database, `${from}`, `${to}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  createInterface({ input: process.stdout }).on('line', (line) => lines.push(line))
  return { process, lines, ended: new Promise((ended) => process.on('close', () => ended())) }
}

const until = async (is: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await is())) await sleep(5)
}

const sums = (database: string): Promise<readonly { readonly n: string; readonly sum: string; readonly distinct: string }[]> =>
  query(database, 'select count(*) as n, sum(value) as sum, count(distinct value) as distinct from totals')

it(`has each row once after processes were killed at any moment (seed ${SEED})`, { timeout: 300_000 }, async () => {
  const random = randomOf(SEED)
  const database = await newDatabase()
  const BATCHES = 400
  let done = 0
  let kills = 0
  while (done < BATCHES) {
    // As the engine does: what is not known to be done is done again.
    const child = start(database, done + 1, BATCHES)
    await until(() => child.lines.includes('open') || child.process.exitCode !== null)
    // While it is busy, and sometimes to the end.
    if (kills < 20) {
      await sleep(random.int(120))
      child.process.kill('SIGKILL')
      kills++
    }
    await child.ended
    done = Math.max(done, ...child.lines.flatMap((line) => (line.startsWith('done ') ? [Number(line.slice(5))] : [])))
  }
  const values = Array.from({ length: BATCHES }, (_, i) => childRows(i + 1).map(([, value]) => value)).flat()
  expect(await sums(database)).toEqual([{ n: `${values.length}`, sum: `${values.reduce((a, b) => a + b, 0)}`, distinct: `${values.length}` }])
  expect(kills).toBeGreaterThan(5)
})

it('gets through beside a process that is stopped between insert and commit, which changes nothing when it goes on', { timeout: 60_000 }, async () => {
  const database = await newDatabase()
  await query(database, 'create table totals (key text, value bigint)')
  // The insert takes a while, so that the process can be stopped during it.
  await query(
    database,
    "create function slow() returns trigger language plpgsql as $$ begin if new.key = 'k0' then perform pg_sleep(0.5); end if; return new; end $$",
  )
  await query(database, 'create trigger slow before insert on totals for each row execute function slow()')
  const stopped = start(database, 1, 1)
  await until(
    async () =>
      (await query('postgres', `select 1 from pg_stat_activity where datname = '${database}' and query like 'insert into "totals"%' and state = 'active'`))
        .length > 0,
  )
  stopped.process.kill('SIGSTOP')
  const sink = sinkOf(database, { table: 'totals', columns })
  await sink.open?.()
  await sink.write(childRows(1), sinkBatch({ n: 1 }))
  await sink.write(childRows(2), sinkBatch({ n: 2 }))
  expect(stopped.lines).toEqual(['open'])
  stopped.process.kill('SIGCONT')
  await stopped.ended
  const values = [1, 2].flatMap((n) => childRows(n).map(([, value]) => value))
  expect(await sums(database)).toEqual([{ n: `${values.length}`, sum: `${values.reduce((a, b) => a + b, 0)}`, distinct: `${values.length}` }])
})

it(`has each row once after two hundred connections were cut, before the commit and after it (seed ${SEED})`, { timeout: 300_000 }, async () => {
  const random = randomOf(SEED)
  const database = await newDatabase()
  let cut = 0
  const BATCHES = 200
  const second = sinkOf(database, { table: 'totals', columns })
  await second.open?.()
  for (let n = 1; n <= BATCHES; n++) {
    const link = await openFaultyLink({ host: HOST, port: PORT }, { at: 1 + random.int(30), what: 'die' })
    const first = sinkOf(database, { table: 'totals', columns }, link.port)
    let over = false
    void (async () => {
      await first.open?.()
      await first.write(childRows(n), sinkBatch({ n }))
    })()
      .catch(() => {})
      .finally(() => (over = true))
    await until(() => over || link.reached())
    if (link.reached()) cut++
    await link.close()
    await second.write(childRows(n), sinkBatch({ n }))
  }
  const values = Array.from({ length: BATCHES }, (_, i) => childRows(i + 1).map(([, value]) => value)).flat()
  expect(await sums(database)).toEqual([{ n: `${values.length}`, sum: `${values.reduce((a, b) => a + b, 0)}`, distinct: `${values.length}` }])
  expect(cut).toBeGreaterThan(50)
})
