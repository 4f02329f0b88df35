import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text } from '../../../lib/index.ts'
import { makeEngine } from '../engine.ts'
import { objectsWithPut } from '../ports/objects-with-put.ts'
import { Stuck } from '../task/stuck.ts'

const INTERVAL = 5_000

describe('a process that is stuck in a batch', () => {
  it.each([
    ['before its task is committed', { request: 'put task', after: false }],
    ['after its task is committed', { request: 'put task', after: true }],
    ['before its file is written', { request: 'put part-00000', after: false }],
    ['before the batch is closed', { request: 'put _SUCCESS', after: false }],
  ] as const)('%s: another takes the batch up within seconds, and foreachRDD is called once more at the most', async (_, at) => {
    const calls: string[] = []
    const job = defineJob({ name: 'counts', batchInterval: seconds(5) }, (ssc) => {
      const lines = ssc.kinesisStream('lines', text())
      lines.foreachRDD((rdd, batch) => void calls.push(`${batch.time.milliseconds} ${rdd.collect().join()}`))
      lines.saveAsTextFiles('lines')
    })
    const stuck = new Stuck()
    let processes = 0
    const engine = makeEngine(job, { taskTimeoutMs: 180_000 }, (ports) => (processes++ === 0 ? stuck.wrap(ports) : ports))
    const first = engine.process()
    const other = engine.process()
    for (let i = 0; i < 5; i++) {
      await engine.deliver(first, [`line ${i}`], { from: i })
      await engine.runTo(first, engine.clock.now() + INTERVAL)
    }
    await engine.runTo(first, engine.clock.now() + INTERVAL)
    const before = calls.length
    expect(before).toBe(5)
    await engine.deliver(first, ['the last line'], { from: 5 })
    stuck.at = at
    const begun = engine.clock.now() + INTERVAL + 2_000
    // Its tick hangs: the message is taken, nobody waits for it.
    engine.clock.moveTo(begun)
    for (const message of engine.ports.messages.takeDue()) void first.message(message, { remainingMs: () => 900_000 })
    await new Promise((resolve) => setImmediate(resolve))
    expect(stuck.at).toBeUndefined()
    await engine.runTo(other, begun + 60_000)
    const done = engine.events.findLast((event) => event.event === 'batch')
    const closedAtMs = Number(done?.['time']) + Number(done?.['delayMs'])
    expect(closedAtMs - begun).toBeGreaterThan(10_000)
    expect(closedAtMs - begun).toBeLessThan(14_000)
    // Who was stuck goes on, and finds that there is nothing left to do that makes a difference.
    stuck.letGo()
    await new Promise((resolve) => setImmediate(resolve))
    await engine.runTo(other, begun + 600_000)
    const last = calls.slice(before)
    expect(last.length).toBeGreaterThan(0)
    expect(last.length).toBeLessThanOrEqual(2)
    expect(new Set(last).size).toBe(1)
    const time = Number(done?.['time'])
    expect(await engine.text(`lines-${time}/part-00000`)).toBe('the last line\n')
    expect(JSON.parse((await engine.text(`lines-${time}/_SUCCESS`)) ?? '')).toMatchObject({ parts: [{ rows: 1 }] })
  })

  it('waits for the time-out of a task once it was taken up, and from the start when the batch has failed', async () => {
    let broken = true
    const calls: number[] = []
    const job = defineJob({ name: 'failing', batchInterval: seconds(5) }, (ssc) => {
      ssc.kinesisStream('lines', text()).foreachRDD((_rdd, batch) => {
        calls.push(batch.time.milliseconds)
        if (broken) throw new Error('the database is down')
      })
    })
    const engine = makeEngine(job, { taskTimeoutMs: 180_000 })
    const runtime = engine.process()
    await engine.deliver(runtime, ['a line'])
    await engine.runTo(runtime, engine.clock.now() + 170_000)
    expect(calls).toHaveLength(1)
    await engine.runTo(runtime, engine.clock.now() + 30_000)
    expect(calls).toHaveLength(2)
    broken = false
    for (let minute = 0; minute < 4; minute++) {
      await engine.runTo(runtime, engine.clock.now() + 60_000)
      await engine.tick(runtime)
      expect(calls).toHaveLength(minute < 2 ? 2 : 3)
    }
  })

  it.each([
    ['its stage usually takes 12 s', { slow: 'many', fromMs: 48_000 }],
    ['its stage is quick, and only the one behind takes 12 s', { slow: 'one', fromMs: 10_000 }],
  ] as const)('waits for a task as its stage did in the batches before: %s', async (_, { slow, fromMs }) => {
    const job = defineJob({ name: 'stages', batchInterval: seconds(60) }, (ssc) => {
      const counts = ssc
        .kinesisStream('lines', text())
        .mapToPair((line) => [line, 1])
        .reduceByKey((a, b) => a + b, { numPartitions: 2, uid: 'many' })
      counts.transform((rdd) => rdd.sortByKey()).saveAsTextFiles('sorted')
    })
    const engine = makeEngine(job, { taskTimeoutMs: 180_000 }, (ports) => ({
      ...ports,
      objects: objectsWithPut(ports.objects, (key, bytes) => {
        if (slow === 'one' && key.includes('/part-')) engine.clock.advance(12_000)
        return ports.objects.put(key, bytes)
      }),
    }))
    const runtime = engine.process()
    let sentAgainAt: number | undefined
    const runDue = async ({ loses }: { readonly loses: boolean }): Promise<void> => {
      for (const message of engine.ports.messages.takeDue()) {
        if (message.kind === 'task' && message.again) sentAgainAt ??= engine.clock.now()
        if (loses && message.kind === 'task' && message.partition === 1) continue
        if (slow === 'many' && message.kind === 'task') engine.clock.advance(6_000)
        await runtime.message(message, { remainingMs: () => 900_000 })
      }
    }
    for (let i = 0; i < 6; i++) {
      await engine.deliver(runtime, ['a', 'b', 'c', 'd'], { from: 4 * i })
      engine.clock.advance(90_000)
      await engine.tick(runtime)
      await runDue({ loses: i === 5 })
    }
    expect(engine.events.filter(({ event }) => event === 'batch')).toHaveLength(5)
    const restsFrom = engine.clock.now()
    for (let i = 0; i < 200 && sentAgainAt === undefined; i++) {
      engine.clock.advance(500)
      await engine.tick(runtime)
      await runDue({ loses: false })
    }
    expect(engine.events.filter(({ event }) => event === 'batch')).toHaveLength(6)
    expect((sentAgainAt ?? 0) - restsFrom).toBeGreaterThanOrEqual(fromMs)
    expect((sentAgainAt ?? 0) - restsFrom).toBeLessThan(fromMs + 2_000)
  })
})
