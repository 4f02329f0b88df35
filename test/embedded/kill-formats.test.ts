// Files of all formats and layouts, of a run that is killed and started again: byte for byte those of a run that nobody disturbed.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { randomOf } from '../../lib/testing/random.ts'
import { filesOf, runCli, startCli } from './cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-formats-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const KILLS = 4
const SEED = Date.now() % 1_000_000

/** What names the run stands in the files that list a batch's: two runs begin at one time, and have ids of their own. */
function filesBut(run: string): ReadonlyMap<string, string> {
  const all = new Map(filesOf(join(folder, run, 'out')))
  for (const [path, text] of all) if (path.includes('/_batches/')) all.set(path, text.replace(/"run":"(\d+)-[^"]*"/, '"run":"$1"'))
  return all
}

test(`are the same (seed ${SEED})`, { timeout: 120_000 }, async () => {
  const random = randomOf(SEED)
  const orders = Array.from({ length: 3_000 }, (_, id) => ({ id, country: ['de', 'fr', '', "c=d / e's"][id % 4], cents: (id * 7919) % 10_000 }))
  const input = join(folder, 'orders.jsonl')
  writeFileSync(input, orders.map((order) => `${JSON.stringify(order)}\n`).join(''))
  // A record a second: 50 batches.
  const args = ['run', 'test/embedded/jobs/all-formats.ts', '--input', input, '--rate', '1', '--shards', '2', '--start', '2026-03-01T00:00:00Z', '--ui', 'off']
  const places = (run: string): string[] => ['--state', join(folder, run, 'state'), '--output', join(folder, run, 'out')]
  const calm = await runCli([...args, ...places('calm')])
  expect(calm, calm.stderr).toMatchObject({ code: 0 })

  const batches = (): number => {
    const path = join(folder, 'killed/out/parquet/_batches')
    return existsSync(path) ? readdirSync(path).length : 0
  }
  for (let kills = 0; ;) {
    const child = startCli([...args, ...places('killed')])
    if (kills < KILLS) {
      const until = batches() + 1 + random.int(8)
      while (batches() < until && child.process.exitCode === null) await sleep(2)
      await sleep(random.int(10))
      if (child.process.kill('SIGKILL')) kills++
    }
    const { code, signal, stderr } = await child.ended
    if (signal === 'SIGKILL') continue
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(kills).toBeGreaterThan(0)
    break
  }
  const [wanted, found] = [filesBut('calm'), filesBut('killed')]
  expect([...found.keys()]).toEqual([...wanted.keys()])
  expect([...found].filter(([path, bytes]) => bytes !== wanted.get(path)).map(([path]) => path)).toEqual([])

  // They are what they should be: each order once in the lines of the first format.
  const lines = [...wanted]
    .filter(([path]) => /^text-\d+\.txt\/part-/.test(path) || /^text-\d+\/part-/.test(path))
    .flatMap(([path]) =>
      readFileSync(join(folder, 'calm/out', path), 'utf8')
        .trim()
        .split('\n'),
    )
  expect(lines.map((line) => JSON.parse(line) as unknown).sort((a, b) => (a as { id: number }).id - (b as { id: number }).id)).toEqual(orders)
  for (const format of ['json', 'csv', 'parquet', 'objects']) expect([...wanted.keys()].filter((path) => path.startsWith(format)).length).toBeGreaterThan(50)
})
