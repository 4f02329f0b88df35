import { describe, expect, it } from 'vitest'
import { defineJob, json, seconds, text, type Job, type Key, type State } from '../../lib/index.ts'
import { encodeEntry } from '../../lib/runtime/entry-codec.ts'
import type { Log } from '../../lib/runtime/log.ts'
import type { Ports } from '../../lib/runtime/runtime.ts'
import { makeEngine, type Engine } from './engine.ts'

const sum = (a: number, b: number): number => a + b
const stage = (engine: Engine): Promise<readonly string[]> => Promise.resolve([...new Set([...engine.ports.log.entries()].map(({ log }) => log).filter((log) => log.startsWith('task/')))])
const linesOf = async (engine: Engine, prefix: string): Promise<readonly string[]> => {
  const parts = (await engine.ports.objects.list(`${prefix}-`)).filter((o) => o.key.includes('part-'))
  return (await Promise.all(parts.map((o) => engine.text(o.key)))).join('').split('\n').filter(Boolean)
}

/** Data that no function is to fall over: keys and values as JSON. */
const STRANGE: readonly (readonly [string, Key])[] = [
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['toString', 'toString'],
  ['hasOwnProperty', 'hasOwnProperty'],
  ['', ''],
  ['a zero character', '\0'],
  ['a lone high surrogate', '\ud800'],
  ['a lone low surrogate', '\udc00'],
  ['surrogates the wrong way round', '\udc00\ud800'],
  ['a pair', '😀'],
  ['a composed character', 'é'],
  ['the same, decomposed', 'e\u0301'],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['0 and -0, one key', -0],
  ['1', 1],
  ['the text 1', '1'],
  ['2 ** 53', 2 ** 53],
  ['a bigint', 2n ** 70n],
  ['1n', 1n],
  ['true', true],
  ['null', null],
  ['an empty tuple', []],
  ['a tuple', ['__proto__', NaN, [null, '\ud800']]],
]

describe.each([1, 3])('strange keys (%i partitions)', (numPartitions) => {
  it('go through shuffles, state, windows, files and snapshots as the values that they are', async () => {
    const seen: (readonly [string, Key, number])[] = []
    const job = defineJob({ name: 'strange', batchInterval: seconds(10), numPartitions }, (ssc) => {
      const pairs = ssc.kinesisStream('lines', text()).mapToPair((i) => [STRANGE[Number(i)]![1], 1])
      const note = (what: string) => (rdd: { collect(): readonly (readonly [Key, number])[] }): void => rdd.collect().forEach(([key, n]) => void seen.push([what, key, n]))
      pairs.reduceByKey(sum).foreachRDD(note('sum'), { uid: 'a', perPartition: true })
      pairs.reduceByKeyAndWindow(sum, (a, b) => a - b, seconds(20), seconds(10), { uid: 'w', filter: ([, n]) => n > 0 }).foreachRDD(note('window'), { uid: 'b', perPartition: true })
      pairs
        .mapWithState((key, n, state: State<{ readonly n: number; readonly ['__proto__']: string }>) => {
          state.update(JSON.parse(`{"n":${(state.getOption()?.n ?? 0) + (n ?? 0)},"__proto__":"own"}`) as { n: number; ['__proto__']: string })
          return [key, Object.hasOwn(state.get(), '__proto__') ? state.get().n : -1] as const
        }, { uid: 's' })
        .foreachRDD(note('state'), { uid: 'c', perPartition: true })
      pairs.reduceByKey(sum).mapToPair(([key, n]) => [[key, 'again'] as const, n]).reduceByKey(sum).map(([[key], n]) => [key, n] as const).foreachRDD(note('twice'), { uid: 'd', perPartition: true })
      pairs.saveAsJsonFiles('files')
    })
    const engine = makeEngine(job, { tailEntries: 1, spillBytes: 500 })
    for (let k = 0; k < 3; k++) {
      await engine.deliver(engine.process(), STRANGE.map((_, i) => String(i)), { from: k * STRANGE.length })
      await engine.runTo(engine.process(), 1_000_000 + (k + 1) * 10_000 + 4_000)
    }
    expect(await engine.deadLetters('rec/lines/shard-0')).toEqual([])
    const same = (a: Key, b: Key): boolean => (Array.isArray(a) && Array.isArray(b) ? a.length === b.length && a.every((x, i) => same(x as Key, b[i] as Key)) : a === b || (Number.isNaN(a) && Number.isNaN(b)))
    for (const [name, key] of STRANGE) {
      const own = seen.filter(([, k]) => same(k, key))
      const of = (what: string): readonly number[] => own.filter(([w]) => w === what).map(([, , n]) => n)
      expect([name, of('sum'), of('window').slice(0, 3), of('state'), of('twice')]).toEqual([name, [1, 1, 1], [1, 2, 2], [1, 2, 3], [1, 1, 1]])
    }
    expect((await linesOf(engine, 'files')).filter((line) => line === '["\\ud800",1]')).toHaveLength(3)
  })
})

describe('a bad record', () => {
  it('that cannot be decoded is a dead letter with its bytes and its place', async () => {
    const job = defineJob({ name: 'j', batchInterval: seconds(10) }, (ssc) => ssc.kinesisStream('lines', json()).saveAsJsonFiles('good'))
    const engine = makeEngine(job)
    const runtime = engine.process()
    expect(await engine.deliver(runtime, ['{"a":1}', '{', '\ufffe', '2'])).toEqual({ consumed: 4, duplicates: 0 })
    await engine.runTo(runtime, 1_020_000)
    expect(await linesOf(engine, 'good')).toEqual(['{"a":1}', '2'])
    expect(await engine.deadLetters('rec/lines/shard-0')).toMatchObject([
      { operator: 'lines', time: 1_010_000, record: { stream: 'lines', shard: 'shard-0', sequenceNumber: '2', index: 0, partitionKey: 'k', arrivalMs: 1_000_000, data: new Uint8Array(Buffer.from('{')) }, error: { message: expect.stringMatching(/./) } },
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
    ['a function that throws behind a shuffle', (ssc) => ssc.kinesisStream('lines', text()).repartition(1).map(throwing).saveAsJsonFiles('out'), true, /I do not like it/],
    ['an async function in stage 0', (ssc) => ssc.kinesisStream('lines', text()).map(late).saveAsJsonFiles('out'), false, /returned a Promise/],
    ['an async function behind a shuffle', (ssc) => ssc.kinesisStream('lines', text()).repartition(1).map(late).saveAsJsonFiles('out'), true, /returned a Promise/],
    ['an object as key in stage 0', (ssc) => ssc.kinesisStream('lines', text()).mapToPair((x) => [(x === 'bad' ? { x } : x) as string, 1]).reduceByKey(sum).map(([x]) => x).saveAsJsonFiles('out'), false, /a key is an object/],
    ['an object as key behind a shuffle', (ssc) => ssc.kinesisStream('lines', text()).repartition(1).mapToPair((x) => [(x === 'bad' ? { x } : x) as string, 1]).reduceByKey(sum).map(([x]) => x).saveAsJsonFiles('out'), true, /a key is an object/],
    ['a value that no codec can hold', (ssc) => ssc.kinesisStream('lines', text()).map((x) => (x === 'bad' ? () => x : x)).repartition(1).saveAsJsonFiles('out'), false, /./],
    ['a value that is no JSON', (ssc) => ssc.kinesisStream('lines', text()).repartition(1).map((x) => (x === 'bad' ? 1n : x)).saveAsJsonFiles('out'), true, /./],
    ['a row with a function in it', (ssc) => ssc.kinesisStream('lines', text()).repartition(1).map((x) => (x === 'bad' ? { toString: (): string => x } : JSON.stringify(x))).saveAsTextFiles('out'), true, /holds the function toString, which JSON cannot hold/],
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

  it('takes effect in no branch of its stage, and leaves its key\'s state as it was', async () => {
    const job: Job = defineJob({ name: 'j', batchInterval: seconds(10) }, (ssc) => {
      const counted = ssc.kinesisStream('lines', text()).mapToPair((x) => ['k', x]).mapWithState((key, x, state: State<number>) => {
        state.update((state.getOption() ?? 0) + 1)
        return [key, x, state.get()] as const
      }, { uid: 'count' })
      counted.saveAsJsonFiles('one')
      counted.map((row) => { throwing(row[1]); return row }).saveAsJsonFiles('two')
    })
    const engine = makeEngine(job)
    const runtime = engine.process()
    await engine.deliver(runtime, ['a', 'bad', 'b'])
    await engine.runTo(runtime, 1_020_000)
    for (const prefix of ['one', 'two']) expect(await linesOf(engine, prefix)).toEqual(['["k","a",1]', '["k","b",2]'])
  })
})

const simple = defineJob({ name: 'words', batchInterval: seconds(10) }, (ssc) => {
  ssc.kinesisStream('lines', text()).mapToPair((word) => [word, 1]).mapWithState((word, n, state: State<number>) => {
    state.update((state.getOption() ?? 0) + (n ?? 0))
    return [word, state.get()] as const
  }, { uid: 'totals' }).saveAsJsonFiles('totals')
})

/** Returns something else for one entry, whenever it is read. */
const instead = (log: string, n: number, bytes: Uint8Array | null) => (ports: Ports): Ports => {
  const { log: inner } = ports
  const isIt = (key: { readonly log: string; readonly n: number }): boolean => key.log === log && key.n === n
  const damaged: Log = {
    put: (key, own, options) => inner.put(key, own, options),
    get: async (key, o) => (isIt(key) ? bytes : inner.get(key, o)),
    getMany: async (keys, o) => (await inner.getMany(keys, o)).map((found, i) => (isIt(keys[i]!) ? bytes : found)),
    newest: async (name) => {
      const found = await inner.newest(name)
      return found !== null && isIt({ log: name, n: found.n }) && bytes !== null ? { n: found.n, bytes } : found
    },
  }
  return { ...ports, log: damaged }
}
const NONSENSE = new Uint8Array(Buffer.from('this is no entry'))
const OTHER = encodeEntry({ kind: 'input', deploy: 1, id: 'x', at: 0, stream: 's', shard: 'p' })

describe('a log entry', () => {
  let damage: (ports: Ports) => Ports = (p) => p
  /** Three batches by a sound process; then what a cold one does with a damaged log. */
  async function damaged(log: string, n: number, bytes: Uint8Array | null): Promise<{ readonly error: unknown; readonly wrote: readonly string[] }> {
    damage = (p) => p
    const engine = makeEngine(simple, {}, (ports) => damage(ports))
    const runtime = engine.process()
    for (let k = 0; k < 3; k++) {
      await engine.deliver(runtime, ['a'], { from: k })
      await engine.runTo(runtime, 1_000_000 + (k + 1) * 20_000)
    }
    await engine.deliver(runtime, ['a'], { from: 3 })
    const before = new Set([...engine.ports.log.entries()].map((e) => `${e.log}#${e.n}`))
    damage = instead(log, n, bytes)
    const cold = engine.process()
    engine.clock.moveTo(1_085_000)
    const error: unknown = await engine.tick(cold).then(() => engine.deliver(cold, ['a'], { from: 4 }), (e: unknown) => e).catch((e: unknown) => e)
    return { error, wrote: [...engine.ports.log.entries()].map((e) => `${e.log}#${e.n}`).filter((key) => !before.has(key)) }
  }

  const corrupt = /^entry (batch|rec|task)/
  it.each<[string, string, number, Uint8Array, readonly string[]]>([
    ['of the batch log that is nonsense', 'batch', 2, NONSENSE, []],
    ['of the batch log that is of another kind', 'batch', 2, OTHER, []],
    ['of a receiver log that is nonsense', 'rec/lines/shard-0', 3, NONSENSE, []],
    ['of a receiver log that is of another kind', 'rec/lines/shard-0', 3, OTHER, []],
    ['of a task log that is nonsense', 'task/stage-1x1/0', 2, NONSENSE, ['batch#3']],
    ['of a task log that is of another kind', 'task/stage-1x1/0', 1, OTHER, ['batch#3']],
  ])('%s stops whoever reads it, and it says which', async (_, log, n, bytes, wrote) => {
    const result = await damaged(log, n, bytes)
    expect(result.error).toMatchObject({ code: 'CORRUPT_ENTRY', message: expect.stringMatching(corrupt) })
    expect(result.error).toMatchObject({ message: expect.stringContaining(`${log}#${n}`) })
    expect(result.wrote).toEqual(wrote)
  })

  it.each<[string, string, number, readonly string[]]>([
    ['of a task log', 'task/stage-1x1/0', 1, ['batch#3']],
    ['of a task log, the newest', 'task/stage-1x1/0', 2, ['batch#3']],
  ])('%s that is missing stops whoever needs it, never counting as empty', async (_, log, n, wrote) => {
    const result = await damaged(log, n, null)
    expect(result.error).toMatchObject({ code: 'MISSING_ENTRY', message: expect.stringMatching(/must exist and does not .* Nothing is committed; restore the table/) })
    expect(result.error).toMatchObject({ message: expect.stringContaining(`${log}#${n}`) })
    expect(result.wrote).toEqual(wrote)
  })

  it('that a batch names and that is missing stops the task', async () => {
    damage = (p) => p
    const engine = makeEngine(simple, {}, (ports) => damage(ports))
    const runtime = engine.process({ numPartitions: 2 })
    await engine.deliver(runtime, ['a', 'b'])
    engine.clock.moveTo(1_014_000)
    await engine.tick(runtime)
    damage = instead('rec/lines/shard-0', 0, null)
    await expect(engine.runTo(engine.process({ numPartitions: 2 }), 1_015_000)).rejects.toMatchObject({ code: 'MISSING_ENTRY', message: expect.stringContaining('rec/lines/shard-0#0') })
    expect([...engine.ports.log.entries()].filter((e) => e.log.startsWith('task/'))).toEqual([])
  })
})

describe('ports that fail', () => {
  it('a put that fails stops the invocation; the retry goes on', async () => {
    let full = true
    const engine = makeEngine(simple, {}, (ports) => ({
      ...ports,
      log: { put: (key, bytes, o) => (full && key.log.startsWith('task/') ? Promise.reject(new Error('database or disk is full')) : ports.log.put(key, bytes, o)), get: (k, o) => ports.log.get(k, o), getMany: (k, o) => ports.log.getMany(k, o), newest: (l) => ports.log.newest(l) },
    }))
    const runtime = engine.process()
    await engine.deliver(runtime, ['a', 'a'])
    await expect(engine.runTo(runtime, 1_020_000)).rejects.toThrow('disk is full')
    full = false
    // The state in this warm process is what is committed: nothing was.
    engine.clock.moveTo(1_200_000)
    await engine.tick(runtime)
    expect(await linesOf(engine, 'totals')).toEqual(['["a",1]', '["a",2]'])
    expect(engine.events.find((e) => e.event === 'invocation' && 'error' in e)).toMatchObject({ kind: 'tick', error: 'database or disk is full', batchNumbers: [0] })
  })
})
