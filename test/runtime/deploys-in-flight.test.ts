// This file is long because every way in which a program may change is tried at every moment of a batch.
// A deploy comes while a batch is in flight: whatever the program becomes, what was taken reaches its outputs, once.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text, type Job, type State } from '../../lib/index.ts'
import { planJob } from '../../lib/plan/plan-job.ts'
import type { BatchEntry } from '../../lib/runtime/entries/entry.ts'
import type { Invocation } from '../../lib/runtime/invocation.ts'
import { checkKeeps } from '../../lib/runtime/logs/batch-head.ts'
import { makeEngine, type Engine } from './engine.ts'
import { linesOf } from './lines-of.ts'

const sum = (a: number, b: number): number => a + b
const FOREVER = { remainingMs: (): number => 600_000 }

/** Words to their counts, to the number of words of each length with such counts; every letter is a word once. */
interface Shape {
  readonly partitions?: number
  readonly second?: number
  /** A filter before the first shuffle, between the two, a shuffle in between. */
  readonly before?: boolean
  readonly between?: boolean
  readonly shuffle?: boolean
  /** A shuffle before the first. */
  readonly first?: boolean
  /** Another reader of the words. */
  readonly other?: boolean
  readonly uids?: boolean
}

function program({ partitions = 2, second, before, between, shuffle, first, other, uids }: Shape): Job {
  const uid = (name: string): { readonly uid?: string } => (uids === true ? { uid: name } : {})
  const two = second === undefined ? {} : { numPartitions: second }
  return defineJob({ name: 'j', batchInterval: seconds(10), numPartitions: partitions }, (ssc) => {
    const lines = ssc.kinesisStream('lines', text())
    const kept = before === true ? lines.filter((line) => line !== '') : lines
    const words = (first === true ? kept.repartition(3, uid('first')) : kept).mapToPair((word) => [word, 1])
    if (other === true)
      words
        .groupByKey()
        .mapValues((all) => [...all].length)
        .saveAsJsonFiles('other')
    const counts = words.reduceByKey(sum, uid('counts'))
    counts.saveAsJsonFiles('counts')
    const moved = shuffle === true ? counts.repartition(3, uid('moved')) : counts
    const filtered = between === true ? moved.filter(() => true) : moved
    filtered
      .mapToPair(([word, n]) => [word.length, n])
      .reduceByKey(sum, { ...uid('lengths'), ...two })
      .saveAsJsonFiles('lengths')
    filtered.foreachRDD(() => {})
  })
}

/** Runs the tasks that wait, as many as there may be, by this process. */
async function runTasks(engine: Engine, runtime: ReturnType<Engine['process']>, most: number): Promise<void> {
  for (let done = 0; done < most;) {
    const messages = engine.ports.messages.takeDue().filter((message) => message.kind === 'task')
    if (messages.length === 0) return
    for (const message of messages.slice(0, most - done)) await runtime.message(message, FOREVER)
    done += messages.length
  }
}

/** Lets a process do all that is left, with the minute's ticks. */
async function finish(engine: Engine, runtime: ReturnType<Engine['process']>): Promise<void> {
  for (let at = 1_060_000; at <= 1_480_000; at += 60_000) {
    await engine.runTo(runtime, at)
    await engine.tick(runtime)
  }
}

const WORDS = ['a', 'b', 'cc', 'dd', 'eee', 'f', 'g', 'hhhh', 'i', 'kk']
const LATER = ['m', 'zz', 'y', 'nn']

/** Sums the lines `[key, n]` of an output over all batches. */
async function summed(engine: Engine, prefix: string): Promise<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const line of await linesOf(engine, prefix)) {
    const [key, n] = JSON.parse(line) as [string, number]
    sums[key] = (sums[key] ?? 0) + n
  }
  return sums
}

function wanted(key: (word: string) => string): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const word of [...WORDS, ...LATER]) sums[key(word)] = (sums[key(word)] ?? 0) + 1
  return sums
}

const SHAPES: readonly (readonly [string, Shape, Shape])[] = [
  ['more partitions', { partitions: 2 }, { partitions: 4 }],
  ['fewer partitions', { partitions: 4 }, { partitions: 3 }],
  ['several of one', { partitions: 1 }, { partitions: 2 }],
  ['one of several', { partitions: 3 }, { partitions: 1 }],
  ['other partitions of one operator', { second: 3 }, { second: 5 }],
  ['an operator gets a number of its own', {}, { second: 5 }],
  ['a filter before the first shuffle', {}, { before: true }],
  ['a filter between two shuffles', {}, { between: true }],
  ['both filters, with uids', { uids: true }, { uids: true, before: true, between: true }],
  ['filters go', { before: true, between: true }, {}],
  ['a shuffle comes in between', {}, { shuffle: true }],
  ['a shuffle in between goes', { shuffle: true }, {}],
  ['a shuffle comes before the first', {}, { first: true }],
  ['a shuffle comes before the first, which has a uid', { uids: true }, { uids: true, first: true, partitions: 3 }],
  ['a shuffle before the first goes', { first: true }, {}],
  ['another reader comes', {}, { other: true }],
  ['everything at once', { uids: true }, { uids: true, partitions: 3, before: true, between: true, shuffle: true, other: true, second: 4 }],
  ['everything goes at once', { uids: true, partitions: 3, before: true, between: true, shuffle: true, second: 4 }, { uids: true }],
]

describe('a deploy while a batch is in flight', () => {
  it.each(SHAPES.flatMap(([name, from, to]) => [0, 1, 2, 3, 4].map((tasks) => [name, tasks, from, to] as const)))(
    '%s after %i tasks loses and doubles nothing',
    async (_, tasks, from, to) => {
      const engine = makeEngine(program(from), { spillBytes: 200 })
      const old = engine.process({ deploy: 1 })
      await engine.deliver(old, WORDS)
      engine.clock.moveTo(1_014_000)
      await engine.tick(old)
      await runTasks(engine, old, tasks)
      // What receive takes by the old program and no batch has.
      await engine.deliver(old, LATER.slice(0, 2), { from: 100 })
      const young = engine.process({ deploy: 2, job: program(to) })
      await engine.deliver(young, LATER.slice(2), { from: 102 })
      await finish(engine, young)
      const counts = await summed(engine, 'counts')
      if (from.first !== true || to.first === true) expect(counts).toEqual(wanted((word) => word))
      const lengths = await summed(engine, 'lengths')
      // What waited for a shuffle that is gone was its own: every word of it is counted, with a warning. Each word comes once, so rows are words.
      const dropped = engine.events.reduce((n, event) => n + Number(event['rowsOfRemovedShuffles'] ?? 0), 0)
      const goes = (from.shuffle === true && to.shuffle !== true) || (from.first === true && to.first !== true)
      if (!goes) expect(lengths).toEqual(wanted((word) => String(word.length)))
      expect(Object.values(lengths).reduce(sum, 0) + dropped).toBe(WORDS.length + LATER.length)
      expect(engine.events.some((event) => event.event === 'warning' && String(event['message']).includes('no longer has'))).toBe(dropped > 0)
    },
  )

  it.each(SHAPES.flatMap(([name, from, to]) => [0, 1, 2, 3].map((tasks) => [name, tasks, from, to] as const)))(
    '%s after %i tasks, and back after as many, loses and doubles nothing',
    async (_, tasks, from, to) => {
      const engine = makeEngine(program(from))
      const old = engine.process({ deploy: 1 })
      await engine.deliver(old, WORDS)
      await engine.deliver(old, LATER.slice(0, 2), { from: 100 })
      const young = engine.process({ deploy: 2, job: program(to) })
      await engine.deliver(young, LATER.slice(2), { from: 102 })
      engine.clock.moveTo(1_014_000)
      await engine.tick(young)
      await runTasks(engine, young, tasks)
      const back = engine.process({ deploy: 3, job: program(from) })
      engine.clock.moveTo(1_034_000)
      await engine.tick(back)
      await runTasks(engine, back, tasks)
      const last = engine.process({ deploy: 4, job: program(to) })
      await finish(engine, last)
      const counts = await summed(engine, 'counts')
      if (from.first === true && to.first !== true) {
        // What waited for a shuffle that is gone is counted, and nothing else is missing.
        const dropped = engine.events.reduce((n, event) => n + Number(event['rowsOfRemovedShuffles'] ?? 0), 0)
        expect(Object.values(counts).reduce(sum, 0) + dropped).toBe(WORDS.length + LATER.length)
        expect(Object.entries(counts).every(([word, n]) => wanted((one) => one)[word] === n)).toBe(true)
        return
      }
      expect(counts).toEqual(wanted((word) => word))
      expect(await summed(engine, 'lengths')).toEqual(wanted((word) => String(word.length)))
    },
  )
})

describe('deploys of any structure, one after the other, at any moment', () => {
  // Shuffles come and stay: what waits for one that goes is counted, not computed (above).
  const shape = fc.record({
    partitions: fc.integer({ min: 1, max: 4 }),
    second: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    before: fc.boolean(),
    between: fc.boolean(),
    other: fc.boolean(),
  })
  const deploys = fc.array(
    fc.record({ shape, first: fc.boolean(), shuffle: fc.boolean(), tasks: fc.integer({ min: 0, max: 6 }), words: fc.integer({ min: 0, max: 4 }) }),
    {
      minLength: 2,
      maxLength: 5,
    },
  )

  it('lose and double nothing', async () => {
    await fc.assert(
      fc.asyncProperty(deploys, async (steps) => {
        const shapes: Shape[] = []
        for (const { shape: own, first, shuffle } of steps) {
          const before = shapes.at(-1)
          const { second, ...rest } = own
          shapes.push({
            ...rest,
            ...(second === undefined ? {} : { second }),
            uids: true,
            first: before?.first === true || first,
            shuffle: before?.shuffle === true || shuffle,
          })
        }
        const engine = makeEngine(program(shapes[0] ?? {}), { spillBytes: 300 })
        const words: string[] = []
        for (const [i, { tasks, words: n }] of steps.entries()) {
          const runtime = engine.process({ deploy: i + 1, job: program(shapes[i] ?? {}) })
          const fresh = Array.from({ length: n }, (_, w) => 'abcdefgh'.slice(0, 1 + ((i + w) % 5)) + String.fromCodePoint(105 + ((i * 7 + w) % 17)))
          await engine.deliver(runtime, fresh, { from: words.length })
          words.push(...fresh)
          engine.clock.moveTo(engine.clock.now() + 14_000)
          await engine.tick(runtime)
          await runTasks(engine, runtime, tasks)
          engine.ports.messages.takeDue()
          if (i % 2 === 1) engine.clock.moveTo(engine.clock.now() + 200_000)
        }
        const last = engine.process({ deploy: steps.length, job: program(shapes.at(-1) ?? {}) })
        const end = engine.clock.now() + 900_000
        while (engine.clock.now() < end) {
          await engine.tick(last)
          await engine.runTo(last, engine.clock.now() + 60_000)
        }
        const sums = (key: (word: string) => string): Record<string, number> => {
          const found: Record<string, number> = {}
          for (const word of words) found[key(word)] = (found[key(word)] ?? 0) + 1
          return found
        }
        expect(await summed(engine, 'counts')).toEqual(sums((word) => word))
        expect(await summed(engine, 'lengths')).toEqual(sums((word) => String(word.length)))
      }),
      { numRuns: Number(process.env['RUNS'] ?? 60) },
    )
  }, 60_000)
})

describe('an operator that is removed while rows wait for it', () => {
  const of = (version: 1 | 2): Job =>
    defineJob({ name: 'j', batchInterval: seconds(10), numPartitions: 2 }, (ssc) => {
      const pairs = ssc.kinesisStream('lines', text()).mapToPair((word) => [word, 1])
      pairs.reduceByKey(sum, { uid: 'counts' }).saveAsJsonFiles('counts')
      if (version === 1) pairs.groupByKey({ uid: 'groups' }).saveAsJsonFiles('groups')
    })

  it.each([0, 1, 2])('has each of them counted, in warnings and in the log, after %i of its 2 tasks, also where the batch was cut with it', async (tasks) => {
    const engine = makeEngine(of(1))
    const old = engine.process({ deploy: 1 })
    await engine.deliver(old, WORDS)
    engine.clock.moveTo(1_014_000)
    await engine.tick(old)
    await runTasks(engine, old, tasks)
    await engine.deliver(old, LATER.slice(0, 2), { from: 100 })
    const young = engine.process({ deploy: 2, job: of(2) })
    await engine.deliver(young, LATER.slice(2), { from: 102 })
    await finish(engine, young)
    // One more, whose entry says what was dropped before it.
    await engine.deliver(young, ['last'], { from: 200 })
    await engine.runTo(young, 1_560_000)
    expect(await summed(engine, 'counts')).toEqual({ ...wanted((word) => word), last: 1 })
    // Every word is there once, and young took two that it never sent there: what old took is grouped, or counted.
    const grouped = (await linesOf(engine, 'groups')).length
    const dropped = engine.events.reduce((n, event) => n + Number(event['rowsOfRemovedShuffles'] ?? 0), 0)
    expect(grouped + dropped).toBe(WORDS.length + 2)
    expect(tasks === 2 ? grouped : dropped).toBeGreaterThanOrEqual(tasks === 2 ? WORDS.length : 3)
    const batches = (await engine.entries('batch')) as readonly BatchEntry[]
    expect(batches.at(-1)?.removed?.['groups'] ?? 0).toBe(dropped)
    // Where a batch was cut with it, its output is named, too: what would have come of the rows only the earlier program knows.
    expect(batches.at(-1)?.removed).toEqual({ groups: dropped, ...(tasks === 2 ? {} : { 'saveAsJsonFiles#groups.': 0 }) })
    expect(engine.events.filter((event) => event.event === 'warning').every((event) => /'groups'|#groups/.test(String(event['message'])))).toBe(true)
  })
})

describe('an output that gets a new shuffle before it', () => {
  // Automatic uids are made of what stands before, so a new shuffle changes that of `words`; what names it then is where it writes.
  const of = (version: 1 | 2): Job =>
    defineJob({ name: 'j', batchInterval: seconds(10), numPartitions: 2 }, (ssc) => {
      const lines = ssc.kinesisStream('lines', text())
      if (version === 2) lines.map((line) => line.length).saveAsJsonFiles('lengths')
      const words = version === 1 ? lines : lines.repartition(2)
      words.saveAsJsonFiles('words')
    })

  it.each([0, 1, 2])('in the deploy that adds another output gets all that was taken, after %i tasks', async (tasks) => {
    const engine = makeEngine(of(1))
    const old = engine.process({ deploy: 1 })
    await engine.deliver(old, WORDS)
    engine.clock.moveTo(1_014_000)
    await engine.tick(old)
    await runTasks(engine, old, tasks)
    await engine.deliver(old, LATER.slice(0, 2), { from: 100 })
    const young = engine.process({ deploy: 2, job: of(2) })
    await engine.deliver(young, LATER.slice(2), { from: 102 })
    await finish(engine, young)
    expect((await linesOf(engine, 'words')).map((line) => JSON.parse(line) as string).toSorted()).toEqual([...WORDS, ...LATER].toSorted())
  })
})

describe('the remedies that errors name', () => {
  it('more partitions let the very batch through that is more than a task may hold', async () => {
    const shape = (numPartitions: number): Job =>
      defineJob({ name: 'j', batchInterval: seconds(10), numPartitions }, (ssc) => {
        ssc
          .kinesisStream('lines', text())
          .mapToPair((word) => [word, 1])
          .groupByKey()
          .mapValues((all) => [...all].length)
          .saveAsJsonFiles('out')
      })
    const engine = makeEngine(shape(1), { maxTaskBytes: 1_000 })
    const old = engine.process()
    await engine.deliver(old, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'])
    await engine.runTo(old, 1_060_000)
    expect(String([...engine.ports.progress.items()][0]?.[1].attributes.get('failed'))).toContain('spread the keys over more partitions')
    const young = engine.process({ deploy: 2, job: shape(8) })
    for (let at = 1_060_000; at < 1_600_000; at += 60_000) {
      await engine.tick(young)
      await engine.runTo(young, at)
    }
    await engine.deliver(young, ['z'], { from: 100 })
    await engine.runTo(young, 1_700_000)
    expect((await linesOf(engine, 'out')).toSorted()).toEqual([...'abcdefghijz'].map((word) => JSON.stringify([word, 1])))
    expect([...engine.ports.progress.items()].every(([, { names }]) => names.has('finish'))).toBe(true)
  })
})

describe('rows that are committed', () => {
  it.each<[string, Shape]>([
    ['another number of partitions', { partitions: 4 }],
    ['a filter before it', { before: true }],
  ])('reach foreachRDD after a deploy with %s', async (_, to) => {
    const got: unknown[] = []
    let fails = true
    const job = ({ partitions = 2, before }: Shape): Job =>
      defineJob({ name: 'j', batchInterval: seconds(10), numPartitions: partitions }, (ssc) => {
        const lines = ssc.kinesisStream('lines', text())
        const kept = before === true ? lines.filter(() => true) : lines
        kept
          .mapToPair((word) => [word, 1])
          .reduceByKey(sum)
          .foreachRDD((rdd) => {
            if (fails) throw new Error('the database is away')
            got.push(...rdd.collect())
          })
      })
    const engine = makeEngine(job({}))
    const old = engine.process({ deploy: 1 })
    await engine.deliver(old, ['a', 'b', 'c', 'd'])
    engine.clock.moveTo(1_014_000)
    await engine.tick(old)
    await runTasks(engine, old, 2)
    expect(got).toEqual([])
    fails = false
    const young = engine.process({ deploy: 2, job: job(to) })
    for (let at = 1_060_000; at < 1_600_000; at += 60_000) {
      await engine.tick(young)
      await engine.runTo(young, at)
    }
    expect(got.map((row) => JSON.stringify(row)).toSorted()).toEqual(['a', 'b', 'c', 'd'].map((word) => JSON.stringify([word, 1])))
  })
})

describe('another kind of operator under an old uid', () => {
  const of = (kind: 'mapWithState' | 'updateStateByKey'): Job =>
    defineJob({ name: 'j', batchInterval: seconds(10) }, (ssc) => {
      const pairs = ssc.kinesisStream('lines', text()).mapToPair((word) => [word, 1])
      if (kind === 'updateStateByKey') pairs.updateStateByKey((ns, n: number | undefined) => (n ?? 0) + ns.length, { uid: 'totals' }).saveAsJsonFiles('out')
      else
        pairs
          .mapWithState(
            (word, n, state: State<number>) => {
              state.update((state.getOption() ?? 0) + (n ?? 0))
              return [word, state.get()] as const
            },
            { uid: 'totals' },
          )
          .saveAsJsonFiles('out')
    })

  it('is refused by name, and what was there before stays', async () => {
    const engine = makeEngine(of('mapWithState'))
    await engine.deliver(engine.process(), ['a'])
    await engine.runTo(engine.process(), 1_060_000)
    const other = engine.process({ deploy: 2, job: of('updateStateByKey') })
    await expect(engine.deliver(other, ['b'], { from: 1 })).rejects.toMatchObject({
      code: 'INCOMPATIBLE_STATE',
      message: expect.stringMatching(/'totals'.*mapWithState.*updateStateByKey.*another uid/s) as string,
    })
    const back = engine.process({ deploy: 3 })
    await engine.deliver(back, ['a'], { from: 1 })
    await engine.runTo(back, 1_160_000)
    expect(await linesOf(engine, 'out')).toEqual(['["a",1]', '["a",2]'])
  })

  it('is not asked for where an entry of before does not say what kind it was', () => {
    const plan = planJob(of('mapWithState'))
    const check = (kept: string): void => checkKeeps({ plan } as Invocation, { keeps: { totals: kept } } as unknown as BatchEntry)
    expect(() => check('{"stage":"stage-1x1","numPartitions":1}')).not.toThrow()
    // Where it is may differ: it moves.
    expect(() => check('{"stage":"stage-1x2","numPartitions":2}')).not.toThrow()
    expect(() => check('{"stage":"stage-1x1","numPartitions":1,"windowMs":5}')).toThrow(/another uid/)
  })
})
