// When a job begins whose operators run in every batch, on AWS: with its earliest record, or after five minutes without one.
import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text, type Job } from '../../../lib/index.ts'
import type { BatchEntry } from '../../../lib/runtime/entries/entry.ts'
import type { Ports, RuntimeSettings } from '../../../lib/runtime/runtime.ts'
import { makeEngine, type Engine } from '../engine.ts'

const START = 1_000_000
const counting = defineJob({ name: 'counting', batchInterval: seconds(5) }, (ssc) => ssc.kinesisStream('lines', text()).count().saveAsTextFiles('out'))
const passing = defineJob({ name: 'passing', batchInterval: seconds(5) }, (ssc) => ssc.kinesisStream('lines', text()).saveAsTextFiles('out'))

/** A tick a minute for so many minutes. */
async function minutes(engine: Engine, runtime: ReturnType<Engine['process']>, n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    await engine.tick(runtime)
    await engine.runTo(runtime, engine.clock.now() + 60_000)
  }
}
async function firstBatch(engine: Engine): Promise<number | undefined> {
  const [first] = (await engine.entries('batch')) as readonly BatchEntry[]
  return first?.time
}
const open = (job: Job, settings: Partial<RuntimeSettings> = {}): { engine: Engine; runtime: ReturnType<Engine['process']> } => {
  const engine = makeEngine(job, settings)
  return { engine, runtime: engine.process() }
}

/** A log whose methods can be taken apart. */
const bound = (log: Ports['log']): Ports['log'] => ({
  put: (...args) => log.put(...args),
  get: (...args) => log.get(...args),
  getMany: (...args) => log.getMany(...args),
  newest: (...args) => log.newest(...args),
})

describe('a job with an operator that runs in every batch', () => {
  it('begins with its earliest record, if one comes in time', async () => {
    const { engine, runtime } = open(counting)
    await minutes(engine, runtime, 3)
    expect(await firstBatch(engine)).toBeUndefined()
    await engine.deliver(runtime, ['a'])
    await minutes(engine, runtime, 2)
    expect(await firstBatch(engine)).toBe(START + 180_000 + 5_000)
  })

  it('begins five minutes after the first tick with the batch that is ready then', async () => {
    const { engine, runtime } = open(counting)
    await minutes(engine, runtime, 5)
    expect(await firstBatch(engine)).toBeUndefined()
    await minutes(engine, runtime, 1)
    // The tick at 300 s: the batch of 295 s had its window and slack of a second each.
    expect(await firstBatch(engine)).toBe(START + 295_000)
  })

  it('counts the five minutes from the first tick, whichever process sees the next', async () => {
    const { engine } = open(counting)
    for (let i = 0; i < 6; i++) await minutes(engine, engine.process(), 1)
    expect(await firstBatch(engine)).toBe(START + 295_000)
  })

  it('does not count the time in which no tick comes: the job is paused', async () => {
    const { engine, runtime } = open(counting)
    await minutes(engine, runtime, 3)
    engine.clock.advance(3_600_000)
    await minutes(engine, runtime, 2)
    expect(await firstBatch(engine)).toBeUndefined()
    await minutes(engine, runtime, 1)
    // Ticks at 0, 1, 2, 63, 64 and 65 minutes.
    expect(await firstBatch(engine)).toBe(START + 3_600_000 + 295_000)
  })

  it('does not begin with a tick where a record has come and could not be taken: it waits for that', async () => {
    const engine = makeEngine(counting, {}, (ports) => ({
      ...ports,
      log: {
        ...bound(ports.log),
        put: (key, ...rest) => (key.log.startsWith('rec/') ? Promise.reject(new Error('the store is away')) : ports.log.put(key, ...rest)),
      },
    }))
    const runtime = engine.process()
    await expect(engine.deliver(runtime, ['a'])).rejects.toThrow('the store is away')
    await minutes(engine, runtime, 20)
    expect(await firstBatch(engine)).toBeUndefined()
  })

  it('begins at once where nothing older is to come', async () => {
    const { engine, runtime } = open(counting, { begin: { restMs: 0 } })
    await minutes(engine, runtime, 1)
    expect(await firstBatch(engine)).toBe(START - 5_000)
    expect(await engine.entries('begin')).toEqual([])
  })
})

describe('a job that never rests', () => {
  it('costs three write units and two objects in a batch of nothing: what docs/semantics.md reckons with', async () => {
    const { engine, runtime } = open(counting)
    await engine.deliver(runtime, ['a'])
    await engine.runTo(runtime, START + 60_000)
    const before = engine.events.length
    await engine.runTo(runtime, START + 560_000)
    const sum = (what: string): number => engine.events.slice(before).reduce((all, event) => all + Number(event[what] ?? 0), 0)
    expect({ batches: sum('batches'), writeUnits: sum('writeUnits'), objectPuts: sum('objectPuts') }).toEqual({
      batches: 100,
      writeUnits: 300,
      objectPuts: 200,
    })
  })
})

describe('any other job', () => {
  it('writes nothing before its first record', async () => {
    const { engine, runtime } = open(passing)
    await minutes(engine, runtime, 10)
    expect(await engine.entries('batch')).toEqual([])
    expect(await engine.entries('begin')).toEqual([])
  })
})
