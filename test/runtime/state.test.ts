import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text, type State } from '../../lib/index.ts'
import type { Entry, TaskEntry } from '../../lib/runtime/entry.ts'
import type { RuntimeSettings } from '../../lib/runtime/runtime.ts'
import { makeEngine, type Engine } from './engine.ts'

const job = defineJob({ name: 'totals', batchInterval: seconds(10) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .mapToPair((word) => [word, 1])
    .mapWithState(
      (word, n, state: State<number>) => {
        state.update((state.getOption() ?? 0) + (n ?? 0))
        return [word, state.get()] as const
      },
      { uid: 'totals' },
    )
    .saveAsJsonFiles('totals')
})
const LOG = 'task/stage-1x1/0'
const DAY = 86_400_000
const isTask = (e: Entry): e is TaskEntry => e.kind === 'task'
const manifestOf = ({ snapshot }: TaskEntry): string => (snapshot !== null && 'manifest' in snapshot ? snapshot.manifest.key : '')
const keysOf = async (engine: Engine): Promise<readonly string[]> => (await engine.ports.objects.list('_millrace/state/')).map(({ key }) => key)

async function batches(settings: Partial<RuntimeSettings>, count: number, each?: (engine: Engine, k: number) => Promise<void>): Promise<Engine> {
  const engine = makeEngine(job, settings)
  let runtime = engine.process()
  for (let k = 0; k < count; k++) {
    if (k % 3 === 2) runtime = engine.process()
    await engine.deliver(runtime, ['a', `k${k}`], { from: 2 * k })
    await engine.runTo(runtime, 1_000_000 + (k + 1) * 20_000)
    await each?.(engine, k)
  }
  return engine
}

const answer = (engine: Engine, k: number): Promise<string | null> => engine.text(`totals-${1_010_000 + k * 20_000}/part-00000`)

describe('snapshots', () => {
  it.each<[string, Partial<RuntimeSettings>, number]>([
    ['after so many entries', { tailEntries: 4 }, 4],
    ['after so many bytes', { tailBytes: 100 }, 20],
  ])('come %s, and the tail is never longer', async (_, settings, longest) => {
    const engine = await batches(settings, 20)
    const entries = (await engine.entries(LOG)).filter(isTask)
    expect(entries).toHaveLength(20)
    const own = entries.flatMap((e, k) => (e.snapshot?.entry === k ? [k] : []))
    expect(own[0]).toBe(0)
    expect(own.length).toBeGreaterThan(2)
    entries.forEach((e, k) => {
      expect(k - e.snapshot!.entry).toBeLessThan(longest)
      if (e.snapshot!.entry === k) expect(e.tailBytes).toBe(0)
      expect(e.tailBytes).toBeLessThanOrEqual(settings.tailBytes ?? Infinity)
    })
    expect(await answer(engine, 19)).toBe('["a",20]\n["k19",1]\n')
  })

  it('are deleted but for the last two, and a cold process rebuilds the state at any moment', async () => {
    await batches({ tailEntries: 3 }, 16, async (engine, k) => {
      const entries = (await engine.entries(LOG)).filter(isTask)
      const named = [...new Set(entries.map((e) => manifestOf(e)))]
      expect(await keysOf(engine)).toEqual(named.slice(-2).toSorted())
      // What the newest entry and the one before it point to is there.
      for (const e of entries.slice(-2)) expect(await engine.ports.objects.get(manifestOf(e))).not.toBeNull()
      expect(await answer(engine, k)).toBe([`["a",${k + 1}]`, `["k${k}",1]`, ''].join('\n'))
    })
  })

  it('a missing one stops, and says what to do', async () => {
    const engine = await batches({ tailEntries: 3 }, 5)
    await engine.ports.objects.delete(await keysOf(engine))
    await engine.deliver(engine.process(), ['a'], { from: 10 })
    const before = [...engine.ports.log.entries()].length
    await expect(engine.runTo(engine.process(), 1_130_000)).rejects.toMatchObject({
      code: 'MISSING_ENTRY',
      message: expect.stringMatching(/snapshot _millrace\/state\/.* restore the object/),
    })
    // The batch is allocated; nothing is computed in it.
    expect([...engine.ports.log.entries()].length).toBe(before + 1)
    expect(await engine.entries(LOG)).toHaveLength(5)
  })
})

describe('a sleeping job', () => {
  const RETENTION = { retentionMs: 30 * DAY }

  /** The minute rule, once a day; old entries expire. */
  async function sleep(engine: Engine, days: number, ticking = true): Promise<void> {
    for (let day = 0; day < days; day++) {
      engine.clock.moveTo(engine.clock.now() + DAY)
      if (ticking) await engine.tick(engine.process())
      await engine.runTo(engine.process(), engine.clock.now() + 600_000)
      engine.ports.log.expire(engine.clock.now())
      engine.ports.progress.expire(engine.clock.now())
    }
  }

  it('writes nothing but a renewal at a third of the retention, with the end of every log', async () => {
    const engine = await batches(RETENTION, 3)
    await sleep(engine, 9)
    expect(await engine.entries('batch')).toHaveLength(3)
    await sleep(engine, 3)
    const all = (await engine.entries('batch')).flatMap((e) => (e.kind === 'batch' ? [e] : []))
    expect(all.map((e) => e.full)).toEqual([true, false, false, true])
    expect(all[3]!.rows).toMatchObject([{ to: 2, from: 3, last: { sequenceNumber: '6', index: 0 } }])
  })

  it('keeps its state and its place in the stream for a year, although its logs expire', async () => {
    const engine = await batches(RETENTION, 3)
    await sleep(engine, 365)
    expect([...engine.ports.log.entries()].filter(({ log }) => log.startsWith('rec/'))).toEqual([])
    expect([...engine.ports.log.entries()].length).toBeLessThan(15)
    // The stream delivers old records once more, and new ones.
    const runtime = engine.process()
    expect(await engine.deliver(runtime, ['a', 'k2', 'a', 'new'], { from: 4 })).toEqual({ consumed: 4, duplicates: 2 })
    expect([...engine.ports.log.entries()].filter(({ log }) => log.startsWith('rec/')).map(({ n }) => n)).toEqual([3])
    await engine.runTo(runtime, engine.clock.now() + 60_000)
    const parts = (await engine.ports.objects.list('totals-')).filter((o) => o.key.includes('part-'))
    expect(await engine.text(parts.at(-1)!.key)).toBe('["a",4]\n["new",1]\n')
  })

  it('without ticks for longer than the retention is not taken up again, and says what to do', async () => {
    const engine = await batches(RETENTION, 3)
    await sleep(engine, 31, false)
    const before = [...engine.ports.log.entries()].length
    const message = expect.stringMatching(/older than the retention of 30 days.*another job name, or with another table/) as string
    await expect(engine.tick(engine.process())).rejects.toMatchObject({ code: 'MISSING_ENTRY', message })
    await expect(engine.deliver(engine.process(), ['a'], { from: 6 })).rejects.toMatchObject({ code: 'MISSING_ENTRY', message })
    expect([...engine.ports.log.entries()].length).toBe(before)
  })
})
