import { describe, expect, it } from 'vitest'
import { awaitBatch, skipOperator } from '../../lib/tools/skip-operator.ts'
import { makeEngine, type Engine } from '../runtime/engine.ts'
import { deployed } from './deployed.ts'
import { afterOneBatch, broken, statusOf, sums } from './sums.ts'

describe('skip', () => {
  const environment = deployed('sums').environment

  it('leaves out what failed, and the batch goes on', async () => {
    broken.add('effect')
    const engine = await afterOneBatch()
    const skipped = await skipOperator(environment, engine.ports, engine.clock.now()).finally(() => broken.clear())
    expect(skipped).toMatchObject({ batch: 0, timeMs: 1_010_000, failure: { operator: 'effect' } })
    expect((await statusOf(engine)).stuck?.skipped).toBe(true)
    const runtime = engine.process()
    const pace = { now: () => engine.clock.now(), sleep: (ms: number) => engine.runTo(runtime, engine.clock.now() + ms) }
    expect(await awaitBatch(engine.ports, skipped, { pace, timeoutMs: 10_000 })).toEqual({ end: 'finished' })
    expect(await engine.text('totals-1010000/_SUCCESS')).toContain('"skipped":["effect"]')
  })

  it('says when something else fails then', async () => {
    broken.add('effect').add('other')
    const engine = await afterOneBatch()
    const skipped = await skipOperator(environment, engine.ports, engine.clock.now())
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
    const skipped = await skipOperator(environment, engine.ports, engine.clock.now())
    const pace = { now: () => engine.clock.now(), sleep: async (ms: number) => engine.clock.moveTo(engine.clock.now() + ms) }
    expect(await awaitBatch(engine.ports, skipped, { pace, timeoutMs: 2_000 })).toEqual({ end: 'waiting' })
  })

  it.each<[what: string, make: () => Engine | Promise<Engine>]>([
    ['no batch', () => makeEngine(sums)],
    ['a finished batch', () => afterOneBatch()],
  ])('refuses where there is %s', async (_what, make) => {
    const engine = await make()
    await expect(skipOperator(environment, engine.ports, 0)).rejects.toThrow(
      /no operator has failed in the newest batch of job 'sums': there is nothing to skip/,
    )
  })
})
