// How far a job is behind: what is expected follows from when records were put and which batches are over.
import { describe, expect, it } from 'vitest'
import { readBehind, type PartitionBehind } from '../../lib/tools/read-behind.ts'
import type { SourceStatus } from '../../lib/tools/job-status.ts'
import { makeEngine, type Engine } from '../runtime/engine.ts'
import { afterOneBatch, SOURCES, sums } from './sums.ts'

const behindOf = (engine: Engine, sources: readonly SourceStatus[] = SOURCES): Promise<readonly PartitionBehind[]> =>
  readBehind(engine.ports, { sources, intervalMs: 10_000, nowMs: engine.clock.now() })

const having = (change: Partial<SourceStatus>): readonly SourceStatus[] =>
  SOURCES.map((source) => (source.kind === 'stream' ? { ...source, ...change } : source))

describe('behind', () => {
  it('is 0 where every record is in a finished batch', async () => {
    const engine = await afterOneBatch()
    engine.clock.moveTo(engine.clock.now() + 60_000)
    expect(await behindOf(engine)).toMatchObject([{ stream: 'lines', shard: 'shard-0', ms: 0, atLeast: false, why: null, off: false }])
  })

  it('is the age of the oldest record that is in none, of each partition', async () => {
    const engine = await afterOneBatch()
    const runtime = engine.process()
    engine.clock.moveTo(1_030_000)
    await engine.deliver(runtime, ['["a",1]'], { from: 10, arrivalMs: 1_030_000 })
    engine.clock.moveTo(1_033_000)
    await engine.deliver(runtime, ['["b",1]'], { from: 20, arrivalMs: 1_033_000 })
    await engine.deliver(runtime, ['["c",1]'], { shard: 'shard-1', arrivalMs: 1_033_000 })
    engine.clock.moveTo(1_037_000)
    const found = await behindOf(engine)
    expect(found.map(({ shard, ms }) => [shard, ms])).toEqual([
      ['shard-0', 7_000],
      ['shard-1', 4_000],
    ])
  })

  it.each([
    ['a mapping that is off', { state: 'Disabled' }, true, /its mapping is Disabled: what waits in the stream is not known/],
    ['a receive that fails', { lastResult: 'PROBLEM: Function call failed' }, false, /Lambda says PROBLEM: Function call failed/],
  ] as const)('is not known, and never 0, with %s', async (_what, change, off, why) => {
    expect(await behindOf(await afterOneBatch(), having(change))).toMatchObject([{ shard: 'shard-0', ms: null, off, why: expect.stringMatching(why) }])
    // Nothing has ever come, and nobody knows whether something waits.
    expect(await behindOf(makeEngine(sums), having(change))).toMatchObject([{ stream: 'lines', shard: '', ms: null, off }])
  })
})
