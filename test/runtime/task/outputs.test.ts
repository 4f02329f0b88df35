import { kinesis } from '../../../lib/sources/kinesis/source.ts'
import { describe, expect, it } from 'vitest'
import { defineJob, json, seconds, text, type Job } from '../../../lib/index.ts'
import type { Objects } from '../../../lib/runtime/ports/objects.ts'
import type { Ports } from '../../../lib/runtime/runtime.ts'
import { makeEngine, type Engine } from '../engine.ts'

const X = 180_000
const sum = (a: number, b: number): number => a + b

/** `effects`: what foreachRDD got. */
const program = (effects: unknown[] = [], numPartitions = 1): Job =>
  defineJob({ name: 'words', batchInterval: seconds(10), numPartitions }, (ssc) => {
    const words = ssc.kinesisStream('lines', text())
    const counts = words.mapToPair((word) => [word, 1]).reduceByKey(sum)
    counts.saveAsJsonFiles('counts')
    counts.saveAsTextFiles('texts', 'txt')
    words.filter((word) => word === 'never').saveAsTextFiles('nothing')
    counts.foreachRDD((rdd, { id, time, partition }) => void effects.push({ id, time: time.milliseconds, partition, rows: rdd.collect() }), {
      uid: 'effect',
      perPartition: true,
    })
    words.print(2)
  })

/** The process dies at the given puts of objects: as often as `times` says. */
function dying(at: (key: string) => boolean, times = 1): (ports: Ports) => Ports {
  let left = times
  return (ports) => {
    const { objects } = ports
    const put: Objects['put'] = (key, bytes) => (left > 0 && at(key) && left-- > 0 ? Promise.reject(new Error('killed')) : objects.put(key, bytes))
    return {
      ...ports,
      objects: { put, get: (k, r) => objects.get(k, r), copy: (a, b) => objects.copy(a, b), list: (p) => objects.list(p), delete: (k) => objects.delete(k) },
    }
  }
}

const manifest = async (engine: Engine, directory: string): Promise<unknown> => JSON.parse((await engine.text(`${directory}/_SUCCESS`))!)

describe('outputs', () => {
  it('are files that _SUCCESS lists, calls, and lines for the terminal', async () => {
    const effects: unknown[] = []
    const engine = makeEngine(program(effects))
    const runtime = engine.process()
    await engine.deliver(runtime, ['a', 'b', 'a'])
    await engine.runTo(runtime, 1_020_000)
    expect((await engine.ports.objects.list('')).map(({ key }) => key)).toEqual([
      'counts-1010000/_SUCCESS',
      'counts-1010000/part-00000',
      'nothing-1010000/_SUCCESS',
      'texts-1010000.txt/_SUCCESS',
      'texts-1010000.txt/part-00000',
    ])
    const head = { batch: 0, time: 1_010_000, deadLetters: 0, skipped: [] }
    expect(await manifest(engine, 'counts-1010000')).toEqual({ ...head, parts: [{ name: 'part-00000', rows: 2 }] })
    expect(await manifest(engine, 'nothing-1010000')).toEqual({ ...head, parts: [] })
    expect(effects).toEqual([
      {
        id: 'words/effect/1010000/0',
        time: 1_010_000,
        partition: 0,
        rows: [
          ['a', 2],
          ['b', 1],
        ],
      },
    ])
    expect(engine.printed).toHaveLength(1)
    expect(engine.printed[0]).toMatch(/1010000 ms\n-+\na\nb\n\.\.\.\n/)
  })

  it('of several partitions: each writes its part, if it has lines', async () => {
    const effects: { readonly id: string }[] = []
    const engine = makeEngine(program(effects, 8))
    await engine.deliver(engine.process(), ['a', 'b'])
    await engine.runTo(engine.process(), 1_020_000)
    const parts = (await engine.ports.objects.list('counts-1010000/part')).map(({ key }) => key.slice('counts-1010000/'.length))
    expect(parts.length).toBeGreaterThan(0)
    expect(parts.length).toBeLessThan(3)
    expect(await manifest(engine, 'counts-1010000')).toMatchObject({ parts: parts.map((name) => ({ name, rows: 2 / parts.length })) })
    expect(effects.map(({ id }) => id).toSorted()).toEqual(Array.from({ length: 8 }, (_, r) => `words/effect/1010000/${r}`))
  })

  it('go under a prefix of their own where it is set', async () => {
    const engine = makeEngine(program(), { outputPrefix: 'out/' })
    await engine.deliver(engine.process(), ['a'])
    await engine.runTo(engine.process(), 1_020_000)
    expect((await engine.ports.objects.list('')).every(({ key }) => key.startsWith('out/'))).toBe(true)
  })

  it.each<[string, (key: string) => boolean, number, number]>([
    ['between its commit and its files', (key) => key.startsWith('counts-1010000/part'), 1, 1],
    ['between its files and _SUCCESS', (key) => key.startsWith('counts-1010000/_SUCCESS'), 2, 1],
  ])('are published again by whoever finds the batch when a process dies %s', async (_, at, calls, computed) => {
    const effects: unknown[] = []
    const engine = makeEngine(program(effects), {}, dying(at))
    await engine.deliver(engine.process(), ['a', 'b', 'a'])
    await expect(engine.runTo(engine.process(), 1_020_000)).rejects.toThrow('killed')
    const other = engine.process()
    await engine.tick(other)
    expect(await engine.text('counts-1010000/_SUCCESS')).toBeNull()
    engine.clock.moveTo(1_020_000 + X)
    await engine.tick(other)
    expect(await engine.text('counts-1010000/part-00000')).toBe('["a",2]\n["b",1]\n')
    expect(await manifest(engine, 'counts-1010000')).toMatchObject({ parts: [{ name: 'part-00000', rows: 2 }] })
    // From the committed rows, with the same id; never computed twice.
    expect(effects).toHaveLength(calls)
    expect(new Set(effects.map((e) => JSON.stringify(e))).size).toBe(1)
    expect(engine.events.filter((e) => e.event === 'computed')).toHaveLength(computed)
    // A late tick finds nothing to do.
    engine.clock.moveTo(1_020_000 + 3 * X)
    await engine.tick(other)
    expect(effects).toHaveLength(calls)
  })

  it('are taken up by one of two that find the batch at the same time', async () => {
    const effects: unknown[] = []
    const engine = makeEngine(
      program(effects),
      {},
      dying((key) => key.startsWith('counts-1010000/part')),
    )
    await engine.deliver(engine.process(), ['a'])
    await expect(engine.runTo(engine.process(), 1_020_000)).rejects.toThrow('killed')
    engine.clock.moveTo(1_020_000 + X)
    await Promise.all([engine.tick(engine.process()), engine.tick(engine.process()), engine.tick(engine.process())])
    expect(effects).toHaveLength(1)
    expect(engine.events.filter((e) => e['resumed'] === 1)).toHaveLength(1)
  })
})

describe('a task message', () => {
  it('that comes late, doubled, or once more for what is finished, makes no second call', async () => {
    const effects: unknown[] = []
    const engine = makeEngine(program(effects, 2))
    await engine.deliver(engine.process(), ['a', 'b', 'c'])
    engine.clock.moveTo(1_013_000)
    engine.ports.messages.takeDue()
    await engine.tick(engine.process())
    const first = engine.ports.messages.takeDue()
    // They are late: a tick sends them once more, and then all arrive, in a mess.
    engine.clock.moveTo(1_013_000 + X + 1)
    await engine.tick(engine.process())
    const second = engine.ports.messages.takeDue().filter(({ kind }) => kind === 'task')
    expect([first, second].map((list) => list.map((m) => m.kind === 'task' && m.again))).toEqual([
      [false, false],
      [true, true],
    ])
    for (const message of [...first, ...second, ...second, ...first]) await engine.process().message(message, { remainingMs: () => 60_000 })
    expect(await manifest(engine, 'counts-1010000')).toMatchObject({ batch: 0 })
    expect(effects).toHaveLength(2)
  })
})

describe('ticks', () => {
  it('may come as often and as many at once as they like: one batch, one computation, one call', async () => {
    const effects: unknown[] = []
    const engine = makeEngine(program(effects, 3))
    const processes = [engine.process(), engine.process(), engine.process()]
    await engine.deliver(processes[0]!, ['a', 'b', 'c', 'd'])
    engine.clock.moveTo(1_013_000)
    await Promise.all(processes.flatMap((p) => [engine.tick(p), engine.tick(p)]))
    for (const message of engine.ports.messages.takeDue())
      for (const p of [processes[1]!, processes[2]!]) await p.message(message, { remainingMs: () => 60_000 })
    expect(await engine.entries('batch')).toHaveLength(1)
    // Three partitions, and one for what is printed.
    expect(engine.events.filter((e) => e.event === 'computed')).toHaveLength(4)
    expect(effects).toHaveLength(3)
    await Promise.all(processes.map((p) => engine.tick(p)))
    expect(await engine.entries('batch')).toHaveLength(1)
  })

  it('write nothing while nothing is due', async () => {
    const engine = makeEngine(program())
    const runtime = engine.process()
    await engine.deliver(runtime, ['a'])
    await engine.runTo(runtime, 1_020_000)
    const before = [...engine.ports.log.entries()].length
    for (let minute = 0; minute < 60; minute++) {
      await engine.runTo(runtime, engine.clock.now() + 60_000)
      await engine.tick(runtime)
    }
    expect([...engine.ports.log.entries()].length).toBe(before)
    expect(engine.ports.messages.pending).toEqual([])
  })

  it('work off a lag batch by batch, and hand on when their time is nearly up', async () => {
    const engine = makeEngine(program())
    const runtime = engine.process()
    const records = Array.from({ length: 6 }, (_, i) => ({
      data: Buffer.from('a').toString('base64'),
      partitionKey: 'k',
      sequenceNumber: String(i + 1),
      index: 0,
      arrivalMs: 1_000_000 + i * 10_000,
    }))
    engine.clock.moveTo(1_500_000)
    await runtime.receive({ source: kinesis, stream: 'lines', shard: 'shard-0', records, full: false }, { remainingMs: () => 60_000 })
    engine.clock.moveTo(1_560_000)
    engine.ports.messages.takeDue()
    await runtime.message({ kind: 'tick' }, { remainingMs: () => 20_000 })
    expect(await engine.entries('batch')).toHaveLength(1)
    // One that goes on, and one that would look after the batch, had this process died.
    expect(engine.ports.messages.pending.map(({ dueMs }) => dueMs).toSorted()).toEqual([1_560_000, 1_571_000])
    await engine.runTo(runtime, 1_561_000)
    expect((await engine.entries('batch')).map((e) => 'time' in e && e.time)).toEqual([0, 1, 2, 3, 4, 5].map((i) => 1_010_000 + i * 10_000))
  })
})

describe('streams that come and go', () => {
  const of = (...streams: readonly string[]): Job =>
    defineJob({ name: 'streams', batchInterval: seconds(10) }, (ssc) => {
      streams
        .map((stream) => ssc.kinesisStream(stream, json()))
        .reduce((all, more) => all.union(more))
        .mapToPair((x) => [String(x), 1])
        .reduceByKey(sum, { uid: 'sum' })
        .saveAsJsonFiles('counts')
    })

  it('join and leave; what is left of one that has gone is counted and dropped', async () => {
    const engine = makeEngine(of('a', 'b'))
    const old = engine.process({ deploy: 1 })
    await engine.deliver(old, ['1'], { stream: 'a' })
    await engine.deliver(old, ['2', '3'], { stream: 'b' })
    const young = engine.process({ deploy: 2, job: of('a', 'c') })
    await engine.deliver(young, ['4'], { stream: 'c' })
    await expect(engine.deliver(young, ['5'], { stream: 'b', from: 2 })).rejects.toMatchObject({ code: 'BAD_EVENT' })
    await engine.runTo(young, 1_030_000)
    const dropped = engine.events.reduce((n, e) => n + Number(e['rowsOfRemovedStreams'] ?? 0) + Number(e['rowsOfRemovedShuffles'] ?? 0), 0)
    expect(dropped).toBeGreaterThanOrEqual(2)
    const lines = await engine.text('counts-1010000/part-00000')
    expect(lines).toContain('["4",1]\n')
    expect(lines).not.toContain('"2"')
  })
})
