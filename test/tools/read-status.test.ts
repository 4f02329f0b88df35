import { describe, expect, it } from 'vitest'
import { makeEngine } from '../runtime/engine.ts'
import { afterOneBatch, broken, SOURCES, statusOf, sums } from './sums.ts'

describe('status', () => {
  it('of a job that nothing has come to', async () => {
    expect(await statusOf(makeEngine(sums))).toMatchObject({ batch: null, nextMs: null, shards: [], tasks: [], deadLetters: 0, stuck: null, warnings: [] })
  })

  it('of records that wait for their first batch', async () => {
    const engine = makeEngine(sums)
    await engine.deliver(engine.process(), ['["a",1]'])
    expect(await statusOf(engine)).toMatchObject({
      batch: null,
      nextMs: 1_010_000,
      shards: [{ stream: 'lines', shard: 'shard-0', lastRecordMs: 1_000_000, state: 'current', behindMs: 0, entriesNotTaken: 1 }],
    })
  })

  it('of a batch that is finished', async () => {
    const engine = await afterOneBatch()
    const found = await statusOf(engine)
    expect(found).toMatchObject({
      job: 'sums',
      batch: { number: 0, timeMs: 1_010_000, finishedMs: 1_013_000 },
      nextMs: null,
      shards: [{ entriesNotTaken: 0 }],
      deadLetters: 0,
      stuck: null,
      warnings: [],
    })
    expect(found.tasks.map(({ partition, batch, snapshotBatch }) => [partition, batch, snapshotBatch])).toEqual([
      [0, 0, 0],
      [1, 0, 0],
    ])
    expect(found.tasks.reduce((sum, { keys }) => sum + (keys ?? NaN), 0)).toBe(3)
    expect(found.tasks.every(({ stateBytes }) => stateBytes > 0)).toBe(true)
  })

  it('counts the keys of the entries since the snapshot', async () => {
    const engine = await afterOneBatch()
    const runtime = engine.process()
    await engine.deliver(runtime, ['["a",1]', '["d",4]'], { from: 10 })
    await engine.runTo(runtime, 1_030_000)
    const { tasks, batch } = await statusOf(engine)
    expect(batch?.number).toBe(1)
    expect(tasks.reduce((sum, { keys }) => sum + (keys ?? NaN), 0)).toBe(4)
  })

  it('knows a shard that has delivered since the batch, and one that is idle', async () => {
    const engine = await afterOneBatch()
    engine.clock.moveTo(1_090_000)
    await engine.deliver(engine.process(), ['["a",1]'], { shard: 'shard-1' })
    const { shards, nextMs } = await statusOf(engine)
    expect(shards).toMatchObject([
      { shard: 'shard-0', state: 'idle', behindMs: null, entriesNotTaken: 0 },
      { shard: 'shard-1', state: 'current', behindMs: 0, entriesNotTaken: 1 },
    ])
    expect(nextMs).toBe(1_100_000)
  })

  it('counts dead letters that an entry names, and no others', async () => {
    const engine = await afterOneBatch('"poison"', 'not json')
    await engine.ports.objects.put('_millrace/dead/rec/lines/shard-0/0-loser', new Uint8Array([1]))
    await engine.ports.objects.put('_millrace/dead/rec/another-job/shard-0/0-id1', new Uint8Array([1]))
    expect((await statusOf(engine)).deadLetters).toBe(2)
  })

  it('says why a batch is stuck', async () => {
    broken.add('effect')
    const engine = await afterOneBatch().finally(() => broken.clear())
    const { stuck, batch } = await statusOf(engine)
    expect(batch?.finishedMs).toBe(null)
    expect(stuck).toMatchObject({ batch: 0, timeMs: 1_010_000, operator: 'effect', skipped: false })
    expect(stuck?.why).toMatch(/the shop is closed/)
    expect(stuck?.task).toMatch(/\/[01]$/)
  })

  it('says which tasks are missing when nothing has happened for longer than a task may take', async () => {
    const engine = makeEngine(sums)
    const runtime = engine.process()
    await engine.deliver(runtime, ['["a",1]'])
    engine.clock.moveTo(1_013_500)
    await engine.tick(runtime) // allocates; the task messages are lost
    engine.clock.moveTo(1_192_000)
    expect((await statusOf(engine)).stuck).toBe(null)
    engine.clock.moveTo(1_200_000)
    expect((await statusOf(engine)).stuck?.why).toMatch(/^nothing has happened for 18\d s; tasks not done: .*\/0, .*\/1$/)
  })

  it.each<[what: string, change: Parameters<typeof statusOf>[1], afterMs: number, warnings: readonly RegExp[]]>([
    ['nothing', {}, 0, []],
    [
      'a paused job',
      { sources: SOURCES.map((source) => ({ ...source, state: 'Disabled' })) },
      0,
      [/paused: lines, ticks are switched off; millrace resume sums/],
    ],
    [
      'a function that fails',
      { sources: SOURCES.map((s) => ({ ...s, lastResult: 'PROBLEM: Function call failed' })) },
      0,
      [/lines: Lambda says PROBLEM/, /ticks/],
    ],
    [
      'a shard that several processes take at once',
      { sources: SOURCES.map((s) => (s.kind === 'stream' ? { ...s, parallelizationFactor: 2 } : s)) },
      0,
      [/lines: its event source mapping has ParallelizationFactor 2, .* LOST.* aws lambda update-event-source-mapping --uuid u1 --parallelization-factor 1$/],
    ],
    ['a rollback', { deploys: { receive: 0, run: 0 } }, 0, [/deploy 1 has written the newest batch, and 0 is what is deployed.*millrace rollback sums/]],
    ['half a deploy', { deploys: { receive: 2, run: 1 } }, 0, [/receive is of deploy 2 and run of 1/]],
    ['a batch that nobody begins', {}, 300_000, [/the batch of 1970-01-01T00:17:00.000Z is overdue and nobody has begun it: see the log of sums-run/]],
  ])('warns of %s', async (_what, change, afterMs, warnings) => {
    const engine = await afterOneBatch()
    await engine.deliver(engine.process(), ['["a",1]'], { from: 10 })
    engine.clock.moveTo(engine.clock.now() + afterMs)
    const found = (await statusOf(engine, change)).warnings
    expect(found).toHaveLength(warnings.length)
    warnings.forEach((warning, i) => expect(found[i]).toMatch(warning))
  })
})
