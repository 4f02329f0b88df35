import { kinesis } from '../../../lib/sources/kinesis/source.ts'
import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text } from '../../../lib/index.ts'
import type { Runtime } from '../../../lib/runtime/create-runtime.ts'
import type { Log } from '../../../lib/runtime/ports/log.ts'
import type { Ports } from '../../../lib/runtime/runtime.ts'
import { makeEngine, type Engine } from '../engine.ts'

const job = defineJob({ name: 'words', batchInterval: seconds(10) }, (ssc) => {
  const all = ssc.kinesisStream('lines', text()).union(ssc.kinesisStream('more', text()))
  all
    .mapToPair((word) => [word, 1])
    .reduceByKey((a, b) => a + b)
    .saveAsJsonFiles('counts')
})
const LOG = 'rec/lines/shard-0'

/** Counts the calls of every port. */
function counting(): { readonly calls: string[]; readonly wrap: (ports: Ports) => Ports } {
  const calls: string[] = []
  const watch = <T extends object>(name: string, port: T): T =>
    new Proxy(port, {
      get: (target, method) => {
        const member: unknown = Reflect.get(target, method)
        if (typeof member !== 'function') return member
        return (...args: unknown[]): unknown => {
          calls.push(`${name}.${String(method)}`)
          return Reflect.apply(member, target, args)
        }
      },
    })
  return {
    calls,
    wrap: (ports) => ({
      ...ports,
      log: watch('log', ports.log),
      progress: watch('progress', ports.progress),
      objects: watch('objects', ports.objects),
      messages: watch('messages', ports.messages),
    }),
  }
}

/** A log whose puts to the receiver log go through `put`. */
const withPut = (change: (log: Log, next: () => ReturnType<Log['put']>, attempt: number) => ReturnType<Log['put']>) => {
  let attempts = 0
  return (ports: Ports): Ports => {
    const { log } = ports
    const put: Log['put'] = (key, bytes, options) =>
      key.log === LOG ? change(log, () => log.put(key, bytes, options), ++attempts) : log.put(key, bytes, options)
    return { ...ports, log: { put, get: (k, o) => log.get(k, o), getMany: (k, o) => log.getMany(k, o), newest: (l) => log.newest(l) } }
  }
}

async function counts(engine: Engine): Promise<Record<string, number>> {
  await engine.runTo(engine.process(), engine.clock.now() + 120_000)
  const parts = (await engine.ports.objects.list('counts-')).filter((o) => o.key.includes('part-'))
  const all: Record<string, number> = {}
  for (const { key } of parts)
    for (const line of (await engine.text(key))!.trim().split('\n')) {
      const [word, n] = JSON.parse(line) as [string, number]
      all[word] = (all[word] ?? 0) + n
    }
  return all
}

describe('receive', () => {
  it('drops a warm duplicate without any call', async () => {
    const { calls, wrap } = counting()
    const engine = makeEngine(job, {}, wrap)
    const runtime = engine.process()
    await engine.deliver(runtime, ['a', 'b'])
    engine.clock.moveTo(1_070_000)
    calls.length = 0
    expect(await engine.deliver(runtime, ['a', 'b'])).toEqual({ consumed: 2, duplicates: 2 })
    expect(calls).toEqual([])
  })

  it('costs a warm process one put, and one message per block time', async () => {
    const { calls, wrap } = counting()
    const engine = makeEngine(job, {}, wrap)
    const runtime = engine.process()
    await engine.deliver(runtime, ['a'])
    calls.length = 0
    await engine.deliver(runtime, ['b'], { from: 1 })
    expect(calls).toEqual(['log.put'])
    calls.length = 0
    engine.clock.advance(10_000)
    await engine.deliver(runtime, ['c'], { from: 2 })
    expect(calls).toEqual(['log.put', 'messages.send'])
  })

  it('looks before it puts, as long as other processes put in between', async () => {
    const { calls, wrap } = counting()
    const engine = makeEngine(job, {}, wrap)
    const [one, other] = [engine.process(), engine.process()]
    await engine.deliver(one, ['a'])
    await engine.deliver(other, ['b'], { from: 1 })
    const requests = async (runtime: Runtime, from: number): Promise<readonly string[]> => {
      calls.length = 0
      await engine.deliver(runtime, [`${from}`], { from })
      return calls.filter((call) => call.startsWith('log'))
    }
    // Its put fails, for its head is old; from then on it looks first, until there is nothing to see.
    expect(await requests(one, 2)).toEqual(['log.put', 'log.getMany', 'log.put'])
    expect(await requests(other, 3)).toEqual(['log.put', 'log.getMany', 'log.put'])
    expect(await requests(one, 4)).toEqual(['log.getMany', 'log.put'])
    expect(await requests(one, 5)).toEqual(['log.getMany', 'log.put'])
    expect(await requests(one, 6)).toEqual(['log.put'])
    expect(Object.keys(await counts(engine)).toSorted()).toEqual(['2', '3', '4', '5', '6', 'a', 'b'])
  })

  it.each<[string, readonly (readonly [from: number, to: number])[]]>([
    [
      'the same again',
      [
        [0, 4],
        [0, 4],
      ],
    ],
    [
      'shorter, then the rest',
      [
        [0, 4],
        [0, 2],
        [2, 6],
      ],
    ],
    [
      'longer',
      [
        [0, 2],
        [0, 6],
      ],
    ],
    [
      'over the end',
      [
        [0, 3],
        [2, 6],
      ],
    ],
    [
      'all of it, again and again',
      [
        [0, 6],
        [0, 1],
        [1, 3],
        [0, 6],
        [5, 6],
      ],
    ],
    [
      'one by one, then at once',
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [0, 6],
      ],
    ],
  ])('takes other boundaries: %s', async (_, deliveries) => {
    const words = ['a', 'b', 'a', 'c', 'b', 'a']
    for (const cold of [false, true]) {
      const engine = makeEngine(job)
      const warm = engine.process()
      let end = 0
      for (const [from, to] of deliveries) {
        const result = await engine.deliver(cold ? engine.process() : warm, words.slice(from, to), { from })
        expect(result).toEqual({ consumed: to - from, duplicates: Math.min(to, end) - from })
        end = Math.max(end, to)
      }
      expect(await counts(engine)).toEqual(
        Object.fromEntries(
          ['a', 'b', 'c'].flatMap((w) => {
            const n = words.slice(0, end).filter((x) => x === w).length
            return n > 0 ? [[w, n]] : []
          }),
        ),
      )
    }
  })

  it('loses to another process, adopts what it wrote, and adds what is left', async () => {
    const engine = makeEngine(job)
    const [one, other] = [engine.process(), engine.process()]
    const results = await Promise.all([engine.deliver(one, ['a', 'b', 'c']), engine.deliver(other, ['a', 'b'])])
    expect(results.map((r) => r.consumed)).toEqual([3, 2])
    const entries = await engine.entries(LOG)
    expect(entries.reduce((n, e) => n + (e.kind === 'receiver' ? e.records : 0), 0)).toBe(3)
    expect(await counts(engine)).toEqual({ a: 1, b: 1, c: 1 })
  })

  it('is exact for two invocations at once in one process', async () => {
    const engine = makeEngine(job)
    const runtime = engine.process()
    await Promise.all([engine.deliver(runtime, ['a', 'b']), engine.deliver(runtime, ['a', 'b', 'c']), engine.deliver(runtime, ['b', 'c'], { from: 1 })])
    expect(await counts(engine)).toEqual({ a: 1, b: 1, c: 1 })
  })

  it('knows its own entry when the client has retried the put', async () => {
    // The first answer is lost on the way; the client puts once more and meets its own entry.
    const engine = makeEngine(
      job,
      {},
      withPut(async (_log, next) => {
        await next()
        return next()
      }),
    )
    const runtime = engine.process()
    expect(await engine.deliver(runtime, ['a', 'b'])).toEqual({ consumed: 2, duplicates: 0 })
    expect(await engine.entries(LOG)).toHaveLength(1)
    expect(await engine.deliver(runtime, ['c'], { from: 2 })).toEqual({ consumed: 1, duplicates: 0 })
    expect(await counts(engine)).toEqual({ a: 1, b: 1, c: 1 })
  })

  it('commits once when the answer is lost and Lambda delivers again', async () => {
    const engine = makeEngine(
      job,
      {},
      withPut(async (_log, next, attempt) => {
        const there = await next()
        if (attempt === 1) throw new Error('the answer is lost')
        return there
      }),
    )
    const runtime = engine.process()
    await expect(engine.deliver(runtime, ['a'])).rejects.toThrow('the answer is lost')
    expect(await engine.deliver(runtime, ['a', 'b'])).toEqual({ consumed: 2, duplicates: 1 })
    expect(await counts(engine)).toEqual({ a: 1, b: 1 })
  })

  it('registers every shard of every stream once, before its first entry', async () => {
    const engine = makeEngine(job)
    await Promise.all(['s-0', 's-1', 's-2'].flatMap((shard) => ['lines', 'more'].map((stream) => engine.deliver(engine.process(), ['a'], { stream, shard }))))
    const inputs = (await engine.entries('inputs')).map((e) => ('shard' in e ? `${e.stream}/${e.shard}` : ''))
    expect(inputs.toSorted()).toEqual(['lines/s-0', 'lines/s-1', 'lines/s-2', 'more/s-0', 'more/s-1', 'more/s-2'])
    expect(await counts(engine)).toEqual({ a: 6 })
  })

  it('gives block times by the running maximum of arrivals, at most now', async () => {
    const engine = makeEngine(job)
    const arrivals = [995_000, 1_000_000, 990_000, 2_000_000, 999_000]
    const records = arrivals.map((arrivalMs, i) => ({ data: 'YQ==', partitionKey: 'k', sequenceNumber: String(i + 1), index: 0, arrivalMs }))
    engine.clock.moveTo(1_012_345)
    await engine.process().receive({ source: kinesis, stream: 'lines', shard: 'shard-0', records, full: false }, { remainingMs: () => 60_000 })
    expect(await engine.entries(LOG)).toMatchObject([{ times: [1_000_000, 1_010_000, 1_020_000], maxTime: 1_012_345 }])
  })

  it('puts late records into the next batch, and none is lost', async () => {
    const engine = makeEngine(job)
    const runtime = engine.process()
    await engine.deliver(runtime, ['a'], { shard: 's-0' })
    await engine.runTo(runtime, 1_030_000)
    const late = [{ data: Buffer.from('late').toString('base64'), partitionKey: 'k', sequenceNumber: '1', index: 0, arrivalMs: 1_000_000 }]
    await runtime.receive({ source: kinesis, stream: 'lines', shard: 's-1', records: late, full: false }, { remainingMs: () => 60_000 })
    // It looks like a backlog, which may bring more of its time: for a minute the batch waits, then the minute rule finds it.
    await engine.runTo(runtime, 1_089_000)
    expect(await engine.entries('batch')).toHaveLength(1)
    await engine.runTo(runtime, 1_091_000)
    await engine.tick(runtime)
    expect((await engine.entries('batch')).map((e) => 'time' in e && e.time)).toEqual([1_010_000, 1_020_000])
    expect(await engine.text('counts-1020000/part-00000')).toBe('["late",1]\n')
  })

  it('reports each invocation with one line that is JSON', async () => {
    const engine = makeEngine(job)
    const runtime = engine.process()
    await engine.deliver(runtime, ['a', 'b'])
    await engine.deliver(runtime, ['b', 'c'], { from: 1 })
    await engine.runTo(runtime, 1_030_000)
    const lines = engine.events.filter((e) => e.event === 'invocation')
    expect(JSON.parse(JSON.stringify(lines))).toEqual(lines)
    expect(lines.slice(0, 2)).toMatchObject([
      { kind: 'receive', job: 'words', deploy: 1, records: 2, duplicates: 0, writeUnits: 2, batchNumbers: [], ms: { all: 0, put: 0 } },
      { kind: 'receive', job: 'words', records: 1, duplicates: 1, writeUnits: 1 },
    ])
    // The batch's entry, the task's, and its progress.
    expect(lines.find((e) => Array.isArray(e['batchNumbers']) && e['batchNumbers'].length > 0)).toMatchObject({
      kind: 'tick',
      batchNumbers: [0],
      batches: 1,
      finished: 1,
      writeUnits: 3,
    })
  })
})
