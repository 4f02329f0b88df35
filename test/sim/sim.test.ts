import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { PLANTS } from './plants.ts'
import { PORT_CALL_SITES, reachOf, sparedSites } from './port-call-sites.ts'
import { PROGRAMS } from './programs.ts'
import { simulate } from './simulate.ts'
import type { Kills, Reached } from './world-options.ts'

// Seeds that nobody has seen yet are run by .ci/fresh-seeds.
const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))
const kills: Kills = new Map()
const faults: Record<string, number> = {}
const CHUNK = 20
const FIXED = 160

afterAll(() => {
  console.log(`simulator: faults ${JSON.stringify(faults)}; ${reachOf(kills)}`)
})

describe('the engine under faults', () => {
  it.each(Array.from({ length: FIXED / CHUNK }, (_, i) => i * CHUNK))(
    'seeds from %i',
    async (from) => {
      const failed: string[] = []
      for (let seed = from; seed < from + CHUNK; seed++) {
        const { bad, world } = await simulate(seed, { kills })
        for (const [what, n] of Object.entries(world.counts)) faults[what] = (faults[what] ?? 0) + n
        if (bad.length > 0) failed.push(`seed ${seed}: ${bad.join('; ')} (npm run sim -- --runs 1 --seed ${seed} --trace)`)
      }
      expect(failed).toEqual([])
    },
    900_000,
  )

  it('kills at every place where a port is called, before the request and after it', async () => {
    const reached: Reached = new Map()
    for (let seed = 0; seed < FIXED && !PORT_CALL_SITES.every((site) => reached.has(site)); seed++) await simulate(seed, { reached })
    const failed: string[] = []
    for (const [site, first] of reached) {
      for (const when of ['before', 'after'] as const) {
        const { bad } = await simulate(first.seed, { kills, deviation: { at: first.at, faults: { kill: 1, when } }, silenceMs: 0 })
        if (bad.length > 0) failed.push(`killed ${when} request ${first.at} of seed ${first.seed} (${site}): ${bad.join('; ')}`)
      }
    }
    expect(failed).toEqual([])
    expect(sparedSites(kills, reached.keys())).toEqual([])
  }, 900_000)

  it('replays a seed entry by entry', async () => {
    for (const seed of [17, 42]) {
      const [one, two] = [await simulate(seed), await simulate(seed)]
      expect(one.world.stores.puts).toBeGreaterThan(20)
      expect([...two.world.stores.entries]).toEqual([...one.world.stores.entries])
    }
  }, 300_000)

  it('gets over a single thing that goes wrong, wherever and whatever it is', async () => {
    // Every 800th request, in all ways; `node test/sim/deviate.ts 0 1` tries every one and takes an hour.
    const { stdout } = await run(process.execPath, ['--conditions=millrace-source', 'test/sim/deviate.ts', '7', '800'], { cwd: root })
    console.log(stdout.trim())
    expect(JSON.parse(stdout)).toMatchObject({ ways: 7, failed: 0 })
  }, 900_000)

  it('computes each task once over eight warm processes when nothing goes wrong', async () => {
    for (let seed = 5000; seed < 5012; seed++) {
      const { bad, world, quiet } = await simulate(seed, { on: ['reshard', 'skew', 'silence', 'cold'] })
      expect(bad).toEqual([])
      expect(quiet).toBe(true)
      expect([...world.computed.values()].every((n) => n === 1)).toBe(true)
      expect([...world.foreach.values()].every((n) => n === 1)).toBe(true)
    }
  }, 300_000)

  it('writes nothing in 60 days of the minute rule but what retention asks for', async () => {
    // Retention is scaled down to two hours, so this is a thousand renewals as well.
    const { bad, world } = await simulate(3, { on: [], silenceMs: 60 * 86_400_000 })
    expect(bad).toEqual([])
    expect(world.program.restless).toBe(false)
  }, 900_000)

  it("keeps a shard's order where deploys change the grid", async () => {
    // 24 failed: a finer grid put a record before one that came earlier.
    for (const seed of [22, 24, 26]) {
      const { bad } = await simulate(seed, {
        on: ['deploy', 'regrid', 'backlog', 'reshard', 'stale', 'pause'],
        program: PROGRAMS[7] as (typeof PROGRAMS)[number],
        silenceMs: 0,
      })
      expect(bad, `seed ${seed}`).toEqual([])
    }
  }, 300_000)

  it('is judged by folds that import nothing of lib but types', () => {
    const known: Readonly<Record<string, readonly string[]>> = {
      'oracle.ts': ['./folds.ts', './placement.ts'],
      'placement.ts': ['./folds.ts'],
      'folds.ts': [],
      'folds-learned.ts': ['./folds.ts'],
    }
    for (const [file, allowed] of Object.entries(known)) {
      const imports = [...readFileSync(new URL(file, import.meta.url), 'utf8').matchAll(/^import (type )?.* from '(.*)'$/gm)]
      const values = imports.filter(([, type]) => type === undefined).map(([, , from]) => from)
      expect(values, file).toEqual(allowed)
    }
  })
})

// Each in a process of its own, several at once.
describe.concurrent('planted bugs are caught', () => {
  it.each(PLANTS.map((plant, index) => ({ name: plant.name, index })))(
    '$name',
    async ({ index }) => {
      const { stdout } = await run(process.execPath, ['--conditions=millrace-source', 'test/sim/with-plant.ts', String(index), '1000'], { cwd: root })
      console.log(stdout.trim())
      expect(JSON.parse(stdout) as { seed: unknown }).toMatchObject({ seed: expect.any(Number) as number })
    },
    900_000,
  )
})
