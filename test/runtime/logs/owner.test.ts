// Two stacks with one job name on one table: the second stops, unless it is told to take over; then the first does.
import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text } from '../../../lib/index.ts'
import { planJob } from '../../../lib/plan/plan-job.ts'
import { loadTables } from '../../../lib/program/load-tables.ts'
import { createRuntime, type Runtime } from '../../../lib/runtime/create-runtime.ts'
import { adopt } from '../../../lib/runtime/logs/owner.ts'
import { makeEngine, type Engine } from '../engine.ts'
import { linesOf } from '../lines-of.ts'

const job = defineJob({ name: 'j', batchInterval: seconds(10) }, (ssc) => ssc.kinesisStream('lines', text()).saveAsTextFiles('out'))
let ids = 0
/** A cold process of a stack. */
function processOf(engine: Engine, id: string, takeOver = false, deploy = 1): Runtime {
  const plan = planJob(job)
  return createRuntime({ plan, ports: engine.ports, deploy, owner: { id, takeOver }, newId: () => `${++ids}`, loadTables: () => loadTables(plan.tables) })
}

describe('the owner of a job', () => {
  it('is the stack that came first; another stops before it reads or writes anything', async () => {
    const engine = makeEngine(job)
    await engine.deliver(processOf(engine, 'stack-a'), ['a'])
    const before = [...engine.ports.log.entries()].length
    await expect(engine.deliver(processOf(engine, 'stack-b'), ['b'], { from: 1 })).rejects.toMatchObject({
      code: 'OTHER_OWNER',
      message: expect.stringMatching(/job 'j' .* stack stack-a; this is stack-b\. .* takeOver: true .* millrace adopt j/),
    })
    await expect(engine.tick(processOf(engine, 'stack-b'))).rejects.toMatchObject({ code: 'OTHER_OWNER' })
    expect([...engine.ports.log.entries()]).toHaveLength(before)
    await engine.runTo(processOf(engine, 'stack-a'), 1_060_000)
    expect(await linesOf(engine, 'out')).toEqual(['a'])
  })

  it('is the one that takes over, from then on and for good; the one before stops, warm or cold', async () => {
    const engine = makeEngine(job)
    const warm = processOf(engine, 'stack-a', true)
    await engine.deliver(warm, ['a'])
    await engine.runTo(warm, 1_060_000)
    const next = processOf(engine, 'stack-b', true, 2)
    await engine.deliver(next, ['b'], { from: 1 })
    await engine.runTo(next, 1_120_000)
    expect(await linesOf(engine, 'out')).toEqual(['a', 'b'])
    await expect(engine.deliver(processOf(engine, 'stack-a', true), ['c'], { from: 2 })).rejects.toMatchObject({
      code: 'OTHER_OWNER',
      message: expect.stringContaining('stack stack-b, which has taken them over'),
    })
    engine.clock.advance(60_000)
    await expect(engine.deliver(warm, ['c'], { from: 2 })).rejects.toMatchObject({ code: 'NEWER_DEPLOY' })
  })

  it('is whoever adopts it, also a stack from which it was taken over', async () => {
    const engine = makeEngine(job)
    await engine.deliver(processOf(engine, 'stack-a'), ['a'])
    await engine.deliver(processOf(engine, 'stack-b', true), ['b'], { from: 1 })
    expect(await adopt(engine.ports.log, 'stack-a')).toBe('stack-b')
    expect(await adopt(engine.ports.log, 'stack-a')).toBe('stack-a')
    await engine.deliver(processOf(engine, 'stack-a'), ['c'], { from: 2 })
    await expect(engine.deliver(processOf(engine, 'stack-b', true), ['d'], { from: 3 })).rejects.toMatchObject({ code: 'OTHER_OWNER' })
  })

  it('is one of two that begin at once', async () => {
    const engine = makeEngine(job)
    const ends = await Promise.allSettled(['a', 'b', 'c'].map((id) => engine.deliver(processOf(engine, id), [id])))
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})
