// Kills the real command line with SIGKILL, at random moments and at named points, starts it again until it is done, and compares every byte of its files
// with those of a run that nobody disturbed.
import { mkdtempSync, rmSync, writeFileSync, existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FLIGHTS } from './flights.ts'
import { filesOf, root, runCli, startCli, startNode } from './cli.ts'
import { lookAtState } from './look-at-state.ts'

const KILLS = 30
const START = ['--start', '2026-03-01T00:00:00Z']
const RUN = [...FLIGHTS, '--shards', '4', ...START]
const LAST_BATCH = 89

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-kill-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const places = (name: string): string[] => ['--state', join(folder, name, 'state'), '--output', join(folder, name, 'out')]

/** A generator of numbers from 0 to 1, of which the seed is all. */
function random(seed: number): () => number {
  let x = seed >>> 0
  return () => {
    x = (x + 0x6d2b79f5) >>> 0
    let t = Math.imul(x ^ (x >>> 15), 1 | x)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

describe('a run that is killed', () => {
  test(`goes on: ${KILLS} kills at random moments of the demonstration`, { timeout: 180_000 }, async () => {
    const seed = Number(process.env['MILLRACE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    const next = random(seed)
    const about = `MILLRACE_SEED=${seed}`
    const calm = await runCli(['run', ...RUN, ...places('calm')])
    expect(calm, calm.stderr).toMatchObject({ code: 0 })
    const expected = filesOf(join(folder, 'calm/out'))
    expect(expected.size).toBeGreaterThan(3 * 90)

    const killedAt: number[] = []
    let runs = 0
    for (let last = 0; killedAt.length < KILLS || last < 0;) {
      const name = `run-${runs}`
      const out = join(folder, name, 'out')
      const child = startCli(['run', ...RUN, ...places(name)])
      // Past the first batch, then a moment more: about a batch takes 8 ms.
      const begun = (): boolean => existsSync(out) && readdirSync(out).length > 3 && / counted twice|clock/.test(child.stdout())
      while (!begun() && child.process.exitCode === null) await sleep(2)
      if (killedAt.length < KILLS) {
        // Some batches further on, however fast the machine is, and somewhere within that batch.
        const until = readdirSync(out).length + Math.floor(next() * 12)
        while (readdirSync(out).length < until && child.process.exitCode === null) await sleep(2)
        await sleep(next() * 10)
        child.process.kill('SIGKILL')
      }
      const { code, signal, stdout, stderr } = await child.ended
      if (signal === 'SIGKILL') {
        const { newestBatch, finished } = lookAtState(join(folder, name, 'state/worst-airports.db'))
        if (finished) {
          // Killed when it was through: the next start would begin anew.
          expect([...filesOf(out)], `${about}, run ${runs}, killed after its end`).toEqual([...expected])
          last = 0
          runs++
        }
        if (finished || newestBatch === null || newestBatch >= LAST_BATCH) continue // killed, but not between the first and the last batch
        killedAt.push(newestBatch)
        last = -1
        continue
      }
      expect({ code, stderr }, about).toEqual({ code: 0, stderr: '' })
      if (last < 0) expect(stdout, about).toMatch(/^resumed worst-airports at batch \d+ of 90 \([\d ]+ records committed, 0 counted twice\)$/m)
      expect([...filesOf(out)], `${about}, run ${runs}, killed at batches ${killedAt.join(', ')}`).toEqual([...expected])
      last = 0
      runs++
    }
    expect(killedAt.length).toBeGreaterThanOrEqual(KILLS)
    expect(new Set(killedAt).size).toBeGreaterThan(KILLS / 3)
  })
})

test('a run whose npm is killed ends, and goes on', { timeout: 60_000 }, async () => {
  // npm is a stand-in here: a process that starts what npm starts, in a shell that stays between them.
  const words = ['functions/word-count.ts', '--input', 'LICENSE', '--rate', '20', ...START, ...places('npm')]
  const script = `${process.execPath} bin/millrace.mjs run ${words.join(' ')} --speed 5; true`
  const npm = startNode(['-e', `require('node:child_process').spawn('sh', ['-c', ${JSON.stringify(script)}], { stdio: 'inherit' })`], {
    env: { npm_command: 'run-script' },
  })
  while (!npm.stdout().includes('Time: ')) await sleep(2)
  npm.process.kill('SIGKILL')
  // Its output closes when the last process that holds it is gone.
  expect(await npm.ended).toMatchObject({ signal: 'SIGKILL', stdout: expect.not.stringContaining('done:') })
  const { code, stdout } = await runCli(['run', ...words])
  expect(stdout).toMatch(/^resumed word-count at batch [1-9]/m)
  expect(code).toBe(0)
})

describe('a run that is killed at a named point', () => {
  const lines = join(root, 'test/embedded/jobs/readings.ts')
  let input: string
  let expected: ReadonlyMap<string, string>
  const driver = (name: string, ...point: string[]) =>
    startNode([
      '--conditions=millrace-source',
      join(root, 'test/embedded/failpoint-driver.ts'),
      lines,
      input,
      join(folder, name, 'state'),
      join(folder, name, 'out'),
      ...point,
    ]).ended

  beforeAll(async () => {
    input = join(folder, 'readings.jsonl')
    const next = random(7)
    writeFileSync(input, Array.from({ length: 3000 }, () => `${JSON.stringify({ sensor: `s${Math.floor(next() * 40)}`, value: next() * 10 })}\n`).join(''))
    const calm = await driver('calm-points')
    expect(calm).toMatchObject({ code: 0, stderr: '' })
    expected = filesOf(join(folder, 'calm-points/out'))
    expect([...expected.keys()].filter((path) => path.endsWith('_SUCCESS')).length).toBeGreaterThan(20)
  })

  test.each([
    ['between spill and entry', 'spill-entry'],
    ['between registration and entry', 'registration-entry'],
    ['between snapshot and entry', 'snapshot-entry'],
    ['between the batch and its tasks', 'batch-task'],
    ['between entry and publishing', 'entry-publish'],
    ['between publishing and progress', 'publish-progress'],
    ['between the tasks and _SUCCESS', 'progress-success'],
    ['between _SUCCESS and finish', 'success-finish'],
  ])('%s', { timeout: 60_000 }, async (_what, point) => {
    let kills = 0
    for (const nth of [1, 2, 4]) {
      const killed = await driver(point, point, String(nth))
      // Not every point comes as often: a registration is made once per shard.
      if (killed.code === 0) break
      expect(killed, `${point} ${nth}: ${killed.stderr}`).toMatchObject({ signal: 'SIGKILL' })
      expect(lookAtState(join(folder, point, 'state/readings.db')).finished).toBe(false)
      expect(killed.stdout).toContain(`killed at ${point}`)
      kills++
    }
    expect(kills).toBeGreaterThan(0)
    const end = await driver(point)
    expect(end).toMatchObject({ code: 0, stderr: '' })
    expect([...filesOf(join(folder, point, 'out'))]).toEqual([...expected])
  })
})
