import { describe, expect, it } from 'vitest'
import { defineJob, json, seconds, text, type Job, type State } from '../../lib/index.ts'
import { makeEngine, type Engine } from './engine.ts'
import { linesOf } from './lines-of.ts'

const sum = (a: number, b: number): number => a + b
const stage = (engine: Engine): Promise<readonly string[]> =>
  Promise.resolve([...new Set([...engine.ports.log.entries()].map(({ log }) => log).filter((log) => log.startsWith('task/')))])

describe('a bad record', () => {
  it('that cannot be decoded is a dead letter with its bytes and its place', async () => {
    const job = defineJob({ name: 'j', batchInterval: seconds(10) }, (ssc) => ssc.kinesisStream('lines', json()).saveAsJsonFiles('good'))
    const engine = makeEngine(job)
    const runtime = engine.process()
    expect(await engine.deliver(runtime, ['{"a":1}', '{', '\ufffe', '2'])).toEqual({ consumed: 4, duplicates: 0 })
    await engine.runTo(runtime, 1_020_000)
    expect(await linesOf(engine, 'good')).toEqual(['{"a":1}', '2'])
    expect(await engine.deadLetters('rec/lines/shard-0')).toMatchObject([
      {
        operator: 'lines',
        time: 1_010_000,
        record: {
          stream: 'lines',
          shard: 'shard-0',
          sequenceNumber: '2',
          index: 0,
          partitionKey: 'k',
          arrivalMs: 1_000_000,
          data: new Uint8Array(Buffer.from('{')),
        },
        error: { message: expect.stringMatching(/./) },
      },
      { record: { sequenceNumber: '3' } },
    ])
    expect(engine.events.find((e) => e.event === 'invocation')).toMatchObject({ deadLetters: 2 })
  })

  const throwing = (x: unknown): unknown => {
    if (x === 'bad') throw new TypeError('I do not like it')
    return x
  }
  const late = (x: unknown): never => (x === 'bad' ? Promise.resolve(x) : x) as never
  it.each<[string, (ssc: Parameters<Parameters<typeof defineJob>[1]>[0]) => void, boolean, RegExp]>([
    ['a function that throws in stage 0', (ssc) => ssc.kinesisStream('lines', text()).map(throwing).saveAsJsonFiles('out'), false, /I do not like it/],
    [
      'a function that throws behind a shuffle',
      (ssc) => ssc.kinesisStream('lines', text()).repartition(1).map(throwing).saveAsJsonFiles('out'),
      true,
      /I do not like it/,
    ],
    ['an async function in stage 0', (ssc) => ssc.kinesisStream('lines', text()).map(late).saveAsJsonFiles('out'), false, /returned a Promise/],
    [
      'an async function behind a shuffle',
      (ssc) => ssc.kinesisStream('lines', text()).repartition(1).map(late).saveAsJsonFiles('out'),
      true,
      /returned a Promise/,
    ],
    [
      'an object as key in stage 0',
      (ssc) =>
        ssc
          .kinesisStream('lines', text())
          .mapToPair((x) => [(x === 'bad' ? { x } : x) as string, 1])
          .reduceByKey(sum)
          .map(([x]) => x)
          .saveAsJsonFiles('out'),
      false,
      /a key is an object/,
    ],
    [
      'an object as key behind a shuffle',
      (ssc) =>
        ssc
          .kinesisStream('lines', text())
          .repartition(1)
          .mapToPair((x) => [(x === 'bad' ? { x } : x) as string, 1])
          .reduceByKey(sum)
          .map(([x]) => x)
          .saveAsJsonFiles('out'),
      true,
      /a key is an object/,
    ],
    [
      'a value that no codec can hold',
      (ssc) =>
        ssc
          .kinesisStream('lines', text())
          .map((x) => (x === 'bad' ? () => x : x))
          .repartition(1)
          .saveAsJsonFiles('out'),
      false,
      /./,
    ],
    [
      'a value that is no JSON',
      (ssc) =>
        ssc
          .kinesisStream('lines', text())
          .repartition(1)
          .map((x) => (x === 'bad' ? 1n : x))
          .saveAsJsonFiles('out'),
      true,
      /./,
    ],
    [
      'a row with a function in it',
      (ssc) =>
        ssc
          .kinesisStream('lines', text())
          .repartition(1)
          .map((x) => (x === 'bad' ? { toString: (): string => x } : JSON.stringify(x)))
          .saveAsTextFiles('out'),
      true,
      /holds the function toString, which JSON cannot hold/,
    ],
  ])('%s costs that record alone', async (_, build, behind, message) => {
    const engine = makeEngine(defineJob({ name: 'j', batchInterval: seconds(10) }, build))
    const runtime = engine.process()
    await engine.deliver(runtime, ['good', 'bad', 'fine'])
    await engine.runTo(runtime, 1_020_000)
    expect((await linesOf(engine, 'out')).toSorted()).toEqual(['"fine"', '"good"'])
    const stage0 = await engine.deadLetters('rec/lines/shard-0')
    const later = (await Promise.all((await stage(engine)).map((log) => engine.deadLetters(log)))).flat()
    expect([stage0.length, later.length]).toEqual(behind ? [0, 1] : [1, 0])
    expect([...stage0, ...later][0]!.error.message).toMatch(message)
    expect(JSON.parse((await engine.text('out-1010000/_SUCCESS'))!)).toMatchObject({ deadLetters: later.length })
  })

  it("takes effect in no branch of its stage, and leaves its key's state as it was", async () => {
    const job: Job = defineJob({ name: 'j', batchInterval: seconds(10) }, (ssc) => {
      const counted = ssc
        .kinesisStream('lines', text())
        .mapToPair((x) => ['k', x])
        .mapWithState(
          (key, x, state: State<number>) => {
            state.update((state.getOption() ?? 0) + 1)
            return [key, x, state.get()] as const
          },
          { uid: 'count' },
        )
      counted.saveAsJsonFiles('one')
      counted
        .map((row) => {
          throwing(row[1])
          return row
        })
        .saveAsJsonFiles('two')
    })
    const engine = makeEngine(job)
    const runtime = engine.process()
    await engine.deliver(runtime, ['a', 'bad', 'b'])
    await engine.runTo(runtime, 1_020_000)
    for (const prefix of ['one', 'two']) expect(await linesOf(engine, prefix)).toEqual(['["k","a",1]', '["k","b",2]'])
  })

  it('is looked for where one was found lately: the first costs its event another run, the next only itself', async () => {
    const calls: string[] = []
    const job = defineJob({ name: 'j', batchInterval: seconds(10) }, (ssc) =>
      ssc
        .kinesisStream('lines', text())
        .map((x) => {
          calls.push(x)
          if (x === 'bad') throw new Error('no')
          return x
        })
        .saveAsTextFiles('out'),
    )
    const engine = makeEngine(job)
    const runtime = engine.process()
    let from = 0
    const callsOf = async (...values: readonly string[]): Promise<string> => {
      calls.length = 0
      expect(await engine.deliver(runtime, values, { from })).toEqual({ consumed: values.length, duplicates: 0 })
      from += values.length
      return calls.join(' ')
    }
    expect(await callsOf('a', 'b')).toBe('a b')
    // Once more from the start, and the bad one again to learn whose fault it is.
    expect(await callsOf('c', 'bad', 'd')).toBe('c bad c bad bad d')
    expect(await callsOf('e', 'bad', 'f')).toBe('e bad bad f')
    for (let i = 0; i < 8; i++) expect(await callsOf('g', 'h')).toBe('g h')
    expect(await callsOf('i', 'bad')).toBe('i bad i bad bad')
    expect((await engine.deadLetters('rec/lines/shard-0')).map(({ record }) => record?.sequenceNumber)).toEqual(['4', '7', String(from)])
    await engine.runTo(runtime, 1_020_000)
    expect([...(await linesOf(engine, 'out'))].sort()).toEqual([...'abcdef', ...Array.from({ length: 8 }, () => ['g', 'h']).flat(), 'i'].sort())
  })

  it('that is as large as an event can hold goes through objects, and no entry comes near the wall', async () => {
    const job = defineJob({ name: 'j', batchInterval: seconds(10) }, (ssc) => {
      const lines = ssc.kinesisStream('lines', text())
      lines.saveAsTextFiles('out')
      lines
        .mapToPair((line) => [line.slice(0, 1), line])
        .mapWithState(
          (key, line, state: State<string>) => {
            state.update(line ?? '')
            return [key, state.get().length] as const
          },
          { uid: 'last' },
        )
        .saveAsJsonFiles('last')
    })
    const engine = makeEngine(job)
    // Nothing that compresses well: 4.4 MB are 5.9 MB in Base64, and Lambda takes 6.
    let [x, large] = [1, '']
    while (large.length < 4_400_000) large += (x = (x * 48271) % 2147483647).toString(36)
    await engine.deliver(engine.process(), ['small', large])
    await engine.runTo(engine.process(), 1_020_000)
    expect((await engine.text('out-1010000/part-00000')) === `small\n${large}\n`).toBe(true)
    expect(await linesOf(engine, 'last')).toEqual(['["s",5]', `["1",${large.length}]`])
    for (const { log, n, bytes } of engine.ports.log.entries()) expect(bytes.length, `${log}#${n}`).toBeLessThan(20_000)
  })
})
