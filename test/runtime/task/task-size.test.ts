import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decodeRows, decompress } from '../../../lib/codec/rows.ts'
import { defineJob, seconds, text, type DStream, type Job } from '../../../lib/index.ts'
import { makeEngine, type Engine } from '../engine.ts'

const WORDS = Array.from({ length: 300 }, (_, i) => `word-${i}`)
const KB = 1024
const digest = (value: string): string => createHash('sha512').update(value).digest('hex')

function program(build: (words: DStream<string>) => DStream<unknown>): Job {
  return defineJob({ name: 'large', batchInterval: seconds(10) }, (ssc) => {
    build(ssc.kinesisStream('lines', text())).saveAsJsonFiles('out')
  })
}

describe('more than a task may hold', () => {
  it.each<[string, (words: DStream<string>) => DStream<unknown>, RegExp]>([
    [
      'of one batch: stops before it is decoded',
      (words) => words.mapToPair((word) => [word, 1]).groupByKey(),
      /brings 300 rows, about 1 MB, to one partition of stage 'stage-1x1', and a task may hold 0 MB: combine before the shuffle/,
    ],
    [
      'of a window: stops before it is loaded',
      (words) => words.window(seconds(40), seconds(10)),
      /reads about 1 MB of its state at once, and a task may hold 0 MB: combine before the window/,
    ],
    [
      'of all keys: stops before they are loaded',
      (words) => words.mapToPair((word) => [word, 1]).updateStateByKey((ones, sum: number | undefined) => (sum ?? 0) + ones.length),
      /reads about 1 MB of its state at once, .* use mapWithState instead of updateStateByKey/,
    ],
  ])('%s, and goes on where there is more memory', async (_, build, message) => {
    const engine = makeEngine(program(build), { maxTaskBytes: 30 * KB, stateCacheBytes: 0, tailEntries: 1 })
    const roomy = makeEngine(program(build))
    // Of the last two, each batch is small enough, but not what has come together after both.
    const deliveries = [WORDS.slice(0, 190), message.source.startsWith('brings') ? WORDS : WORDS.slice(110), ['a']]
    for (const e of [engine, roomy]) {
      let from = 0
      for (const words of deliveries) {
        await e.deliver(e.process(), words, { from })
        from += words.length
        await e.runTo(e.process(), e.clock.now() + 20_000)
      }
    }
    const failures = engine.events.filter((e) => e.event === 'failed')
    expect(failures[0]?.['message']).toMatch(message)
    const parts = async (e: Engine): Promise<readonly string[]> =>
      (await e.ports.objects.list('out-')).map(({ key }) => key).filter((key) => key.includes('part'))
    const before = await parts(engine)
    expect(before.length).toBeGreaterThan(0)
    expect(before.length).toBeLessThan((await parts(roomy)).length)
    // Another deploy, with more memory: the same results as if nothing had been.
    const larger = engine.process({ settings: { maxTaskBytes: 1_024 * KB } })
    await engine.runTo(larger, engine.clock.now() + 200_000)
    await engine.tick(larger)
    await engine.runTo(larger, engine.clock.now() + 60_000)
    await roomy.runTo(roomy.process(), engine.clock.now())
    expect(await parts(engine)).toEqual(await parts(roomy))
    for (const key of await parts(roomy)) expect(await engine.text(key), key).toBe(await roomy.text(key))
  })

  it.each([
    ['in the log', {}],
    ['in objects', { spillBytes: KB }],
  ])('can be skipped: the batch goes on without the rows, and the dead letter points to them (%s)', async (_, settings) => {
    const job = defineJob({ name: 'large', batchInterval: seconds(10) }, (ssc) => {
      const words = ssc.kinesisStream('lines', text())
      words
        .mapToPair((word) => [word, 1])
        .groupByKey({ uid: 'group' })
        .saveAsJsonFiles('out')
      words.countByValue({ numPartitions: 2 }).saveAsJsonFiles('counts')
    })
    const engine = makeEngine(job, { maxTaskBytes: 30 * KB, ...settings })
    await engine.deliver(engine.process(), WORDS)
    await engine.runTo(engine.process(), 1_060_000)
    expect(engine.events.find((e) => e.event === 'failed')).toMatchObject({ operator: 'group' })
    await engine.ports.progress.add(0, { names: ['skip/group'], attributes: {}, atMs: engine.clock.now(), expiresAtMs: null })
    await engine.tick(engine.process())
    await engine.runTo(engine.process(), 1_400_000)
    const progress = await engine.ports.progress.get(0)
    expect(progress?.names.has('finish')).toBe(true)
    expect(await engine.text('out-1010000/part-00000')).toBe(null)
    const counted = await Promise.all([0, 1].map((r) => engine.text(`counts-1010000/part-0000${r}`)))
    expect(counted.join('').trim().split('\n')).toHaveLength(WORDS.length)
    const logs = [...new Set([...engine.ports.log.entries()].map(({ log }) => log))].filter((log) => log.startsWith('task/'))
    const letters = (await Promise.all(logs.map((log) => engine.deadLetters(log)))).flat()
    expect(letters).toMatchObject([{ operator: 'group', error: { message: expect.stringMatching(/brings 300 rows/) } }])
    const rows: unknown[] = []
    for (const { key, offset, length, whole } of letters[0]!.blocks!) {
      const data = (await engine.ports.objects.get(key, { offset, length }))!
      rows.push(...decodeRows(whole ? data : decompress(data)))
    }
    expect(rows.toSorted()).toEqual(WORDS.map((word) => [word, 1]).toSorted())
  })

  it('of state can be skipped: what arrived is in the dead letters, and the state stays', async () => {
    const job = program((words) =>
      words.mapToPair((word) => [word, 1]).updateStateByKey((ones, sum: number | undefined) => (sum ?? 0) + ones.length, { uid: 'sums' }),
    )
    const engine = makeEngine(job, { maxTaskBytes: 30 * KB, stateCacheBytes: 0, tailEntries: 1 })
    for (const [words, from] of [
      [WORDS.slice(0, 190), 0],
      [WORDS.slice(110), 190],
      [['a'], 380],
    ] as const) {
      await engine.deliver(engine.process(), words, { from })
      await engine.runTo(engine.process(), engine.clock.now() + 20_000)
    }
    expect(engine.events.find((e) => e.event === 'failed')).toMatchObject({ operator: 'sums' })
    const number = (await engine.entries('batch')).length - 1
    await engine.ports.progress.add(number, { names: ['skip/sums'], attributes: {}, atMs: engine.clock.now(), expiresAtMs: null })
    await engine.tick(engine.process())
    expect((await engine.ports.progress.get(number))?.names.has('finish')).toBe(true)
    // With more memory the next batch has every key that had come before.
    await engine.deliver(engine.process(), ['b'], { from: 381 })
    await engine.runTo(engine.process({ settings: { maxTaskBytes: 1_024 * KB } }), engine.clock.now() + 60_000)
    const last = (await engine.ports.objects.list('out-')).map(({ key }) => key).filter((key) => key.includes('part'))
    const keys = new Set(
      (await engine.text(last.at(-1)!))!
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as [string])[0]),
    )
    for (const word of WORDS) expect(keys.has(word), word).toBe(true)
  })

  it.each([
    ['of rows that compress well', 1, (i: number) => `${'x'.repeat(2 * KB)}${digest(`${i}`)}${digest(`${i} again`)}`],
    ['of one key among many partitions', 8, (i: number) => `key ${i} ${i}`.replace(/^key \d+/, 'key')],
  ] as const)('does not come together from many events %s: a batch is bounded before that', async (_, numPartitions, line) => {
    const job = program((lines) => lines.mapToPair((text_) => [text_.slice(0, 3), text_]).groupByKey({ numPartitions }))
    // As memoryShares has it, for a process that is much smaller.
    const engine = makeEngine(job, { maxTaskBytes: 200 * KB, maxBatchBytes: 40 * KB, spillBytes: KB })
    const runtime = engine.process()
    const events = 40
    const per = numPartitions === 1 ? 10 : 50
    for (let n = 0; n < events; n++)
      await engine.deliver(
        runtime,
        Array.from({ length: per }, (_line, i) => line(n * per + i)),
        { from: n * per },
      )
    await engine.runTo(runtime, engine.clock.now() + 600_000)
    expect(engine.events.filter((e) => e.event === 'failed')).toEqual([])
    const parts = (await engine.ports.objects.list('out-')).map(({ key }) => key).filter((key) => key.includes('part'))
    expect(parts.length).toBeGreaterThan(3)
    const lines = await Promise.all(parts.map(async (key) => (JSON.parse((await engine.text(key)) ?? '') as [string, string[]])[1]))
    expect(lines.flat()).toEqual(Array.from({ length: events * per }, (_line, i) => line(i)))
  })
})
