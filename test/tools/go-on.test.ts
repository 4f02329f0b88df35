import { describe, expect, it } from 'vitest'
import { awaitBatch, goOn } from '../../lib/tools/go-on.ts'
import { makeEngine, type Engine } from '../runtime/engine.ts'
import { deployed } from './deployed.ts'
import { afterOneBatch, broken, statusOf, sums } from './sums.ts'

describe('skip', () => {
  const environment = deployed('sums').environment

  it('leaves out what failed, and the batch goes on', async () => {
    broken.add('effect')
    const engine = await afterOneBatch()
    const skipped = await goOn('skip', environment, engine.ports, engine.clock.now()).finally(() => broken.clear())
    expect(skipped).toMatchObject({ batch: 0, timeMs: 1_010_000, failure: { operator: 'effect' } })
    expect((await statusOf(engine)).stuck?.skipped).toBe(true)
    const runtime = engine.process()
    const pace = { now: () => engine.clock.now(), sleep: (ms: number) => engine.runTo(runtime, engine.clock.now() + ms) }
    expect(await awaitBatch(engine.ports, skipped, { pace, timeoutMs: 10_000 })).toEqual({ end: 'finished' })
    expect(await engine.text('totals-1010000/_SUCCESS')).toContain('"skipped":["effect"]')
  })

  it('leaves it out of every batch before the time that is given, and of none after it', async () => {
    broken.add('effect')
    const engine = await afterOneBatch()
    // Batches of 10 s: those of 1,010 s, 1,020 s and 1,030 s are before it.
    await goOn('skip', environment, engine.ports, engine.clock.now(), 1_031_000)
    const runtime = engine.process()
    for (const second of [1_015, 1_025, 1_035]) {
      await engine.runTo(runtime, second * 1000)
      await engine.deliver(runtime, [`["a",${second}]`], { from: second })
      await engine.runTo(runtime, (second + 9) * 1000)
    }
    broken.clear()
    const success = await Promise.all([1_010, 1_020, 1_030].map((second) => engine.text(`totals-${second}000/_SUCCESS`)))
    for (const text of success) expect(text).toContain('"skipped":["effect"]')
    const { stuck, batch, warnings } = await statusOf(engine)
    expect(batch?.timeMs).toBe(1_040_000)
    expect(stuck).toMatchObject({ operator: 'effect', skipped: false })
    expect(warnings).toEqual([])
  })

  it('shows in status how long it is left out, and refuses a time that is over', async () => {
    broken.add('effect')
    const engine = await afterOneBatch()
    await expect(goOn('skip', environment, engine.ports, engine.clock.now(), 1_010_000)).rejects.toThrow(
      /--until 1970-01-01T00:16:50\.000Z is not after the batch/,
    )
    await goOn('skip', environment, engine.ports, engine.clock.now(), 1_100_000)
    const runtime = engine.process()
    await engine.tick(runtime)
    await engine.deliver(runtime, ['["a",1]'], { from: 10 })
    await engine.runTo(runtime, 1_035_000)
    broken.clear()
    expect((await statusOf(engine)).warnings).toEqual(["batches before 1970-01-01T00:18:20.000Z go on without 'effect', which was skipped on command"])
  })

  it('says when something else fails then', async () => {
    broken.add('effect').add('other')
    const engine = await afterOneBatch()
    const skipped = await goOn('skip', environment, engine.ports, engine.clock.now())
    const runtime = engine.process()
    const pace = { now: () => engine.clock.now(), sleep: (ms: number) => engine.runTo(runtime, engine.clock.now() + ms) }
    expect(await awaitBatch(engine.ports, skipped, { pace, timeoutMs: 10_000 }).finally(() => broken.clear())).toMatchObject({
      end: 'failed',
      failure: { operator: 'other' },
    })
  })

  it('waits no longer than it was told', async () => {
    broken.add('effect')
    const engine = await afterOneBatch().finally(() => broken.clear())
    const skipped = await goOn('skip', environment, engine.ports, engine.clock.now())
    const pace = { now: () => engine.clock.now(), sleep: async (ms: number) => engine.clock.moveTo(engine.clock.now() + ms) }
    expect(await awaitBatch(engine.ports, skipped, { pace, timeoutMs: 2_000 })).toEqual({ end: 'waiting' })
  })

  it.each<[what: string, make: () => Engine | Promise<Engine>]>([
    ['no batch', () => makeEngine(sums)],
    ['a finished batch', () => afterOneBatch()],
  ])('refuses where there is %s', async (_what, make) => {
    const engine = await make()
    await expect(goOn('skip', environment, engine.ports, 0)).rejects.toThrow(
      /no operator has failed in the newest batch of job 'sums': there is nothing to skip/,
    )
  })
})

describe('retry', () => {
  const environment = deployed('sums').environment
  const paceOf = (engine: Engine, deploy = 1): { now: () => number; sleep: (ms: number) => Promise<void> } => {
    const runtime = engine.process({ deploy })
    return { now: () => engine.clock.now(), sleep: (ms) => engine.runTo(runtime, engine.clock.now() + ms) }
  }
  /** A batch whose operator has failed; what it depends on is back. */
  const mended = async (): Promise<Engine> => {
    broken.add('effect')
    return afterOneBatch().finally(() => broken.clear())
  }

  it('tries the batch again within seconds, whole', async () => {
    const engine = await mended()
    const asked = await goOn('retry', environment, engine.ports, engine.clock.now())
    expect(await awaitBatch(engine.ports, asked, { pace: paceOf(engine), timeoutMs: 5_000 })).toEqual({ end: 'finished' })
    expect(await engine.text('totals-1010000/_SUCCESS')).toContain('"skipped":[]')
  })

  it('is one attempt: where that fails too, it says so, and the batch rests as before', async () => {
    const engine = await mended()
    broken.add('effect')
    const asked = await goOn('retry', environment, engine.ports, engine.clock.now())
    const outcome = await awaitBatch(engine.ports, asked, { pace: paceOf(engine), timeoutMs: 5_000 })
    expect(outcome).toMatchObject({ end: 'failed', failure: { operator: 'effect' } })
    const attempts = await attemptsOf(engine)
    const other = engine.process()
    for (let i = 0; i < 3; i++) {
      engine.clock.advance(10_000)
      await engine.tick(other)
    }
    broken.clear()
    expect(await attemptsOf(engine)).toBe(attempts)
  })

  it('is not needed after a deploy: its first tick tries the batch again, once', async () => {
    const engine = await mended()
    const attempts = await attemptsOf(engine)
    await engine.tick(engine.process())
    expect((await statusOf(engine)).stuck).toMatchObject({ attempts, deployedSince: false })
    broken.add('effect')
    const next = engine.process({ deploy: 2 })
    await engine.tick(next)
    await engine.runTo(next, engine.clock.now() + 1_000)
    const later = await attemptsOf(engine)
    expect(later).toBeGreaterThan(attempts)
    for (let i = 0; i < 3; i++) {
      await engine.tick(next)
      await engine.runTo(next, engine.clock.now() + 1_000)
    }
    expect(await attemptsOf(engine)).toBe(later)
    broken.clear()
    const last = engine.process({ deploy: 3 })
    await engine.tick(last)
    await engine.runTo(last, engine.clock.now() + 1_000)
    expect(await engine.text('totals-1010000/_SUCCESS')).toContain('"skipped":[]')
  })
})

async function attemptsOf(engine: Engine): Promise<number> {
  return (await statusOf(engine)).stuck?.attempts ?? 0
}
