// A deploy gives a state another number of partitions, another stage, or takes its operator away for a while: the state goes with it. What is right is a fold of the words.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text, type Job, type State } from '../../lib/index.ts'
import { openStateOf } from '../../lib/query/open-state.ts'
import { makeEngine, type Engine } from './engine.ts'

const sum = (a: number, b: number): number => a + b
const X = 180_000
const FOREVER = { remainingMs: (): number => 600_000 }

interface Shape {
  readonly partitions: number
  /** Of mapWithState alone. */
  readonly own?: number | undefined
  /** A shuffle before all others: every state has another stage. */
  readonly first: boolean
  /** Operators that are there. */
  readonly totals: boolean
  readonly windows: boolean
  /** Keeps the stage of the others when they are away. */
  readonly counts: boolean
}

const WINDOW_MS = 30_000

function program({ partitions, own, first, totals, windows, counts }: Shape): Job {
  return defineJob({ name: 'j', batchInterval: seconds(10), numPartitions: partitions }, (ssc) => {
    const lines = ssc.kinesisStream('lines', text())
    const words = first ? lines.repartition(2, { uid: 'first' }) : lines
    const pairs = words.mapToPair((word) => [word, 1])
    pairs
      .updateStateByKey((ones, n: number | undefined) => (n ?? 0) + ones.length, { uid: 'all' })
      .filter(([, n]) => n > 0)
      .saveAsJsonFiles('all')
    words.dropDuplicates((word) => word, { within: seconds(100_000), uid: 'once' }).saveAsJsonFiles('once')
    if (counts) pairs.reduceByKey(sum, { uid: 'counts' }).saveAsJsonFiles('counts')
    if (totals)
      pairs
        .mapWithState(
          (word, n, state: State<number>) => {
            state.update((state.getOption() ?? 0) + (n ?? 0))
            return [word, state.get()] as const
          },
          { uid: 'totals', ...(own === undefined ? {} : { numPartitions: own }) },
        )
        .saveAsJsonFiles('totals')
    if (!windows) return
    pairs.reduceByKeyAndWindow(sum, (a, b) => a - b, seconds(30), seconds(10), { uid: 'windows', filter: ([, n]) => n > 0 }).saveAsJsonFiles('windows')
    pairs
      .groupByKeyAndWindow(seconds(30), seconds(10), { uid: 'groups' })
      .mapValues((ones) => [...ones].length)
      .saveAsJsonFiles('groups')
    words.window(seconds(30), seconds(10), { uid: 'raw' }).saveAsJsonFiles('raw')
    // Rows of a window that are read by key lie where their keys are.
    pairs.reduceByKey(sum, { uid: 'few' }).window(seconds(30), seconds(10), { uid: 'keyed' }).reduceByKey(sum, { uid: 'nested' }).saveAsJsonFiles('nested')
  })
}

/** The lines of each batch time, sorted. */
async function byTime(engine: Engine, prefix: string): Promise<ReadonlyMap<number, readonly string[]>> {
  const found = new Map<number, string[]>()
  for (const { key } of await engine.ports.objects.list(`${prefix}-`)) {
    const time = Number(/-(\d+)\/part-/.exec(key)?.[1])
    if (Number.isNaN(time)) continue
    found.set(time, [...(found.get(time) ?? []), ...((await engine.text(key)) ?? '').split('\n').filter(Boolean)].sort())
  }
  return found
}

const lines = (counts: ReadonlyMap<string, number>): readonly string[] =>
  [...counts]
    .filter(([, n]) => n > 0)
    .map(([word, n]) => JSON.stringify([word, n]))
    .sort()

function countsOf(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}

const shape = fc.record<Shape>({
  partitions: fc.integer({ min: 1, max: 4 }),
  own: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  first: fc.boolean(),
  totals: fc.boolean(),
  windows: fc.constant(true),
  counts: fc.boolean(),
})
const words = fc.array(fc.constantFrom('a', 'b', 'cc', 'dd', 'eee', 'f', 'ggg', 'hh'), { maxLength: 6 })

describe('state after deploys', () => {
  it('between batches is as if there had been none, batch by batch', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ shape, words, batches: fc.integer({ min: 1, max: 3 }), tail: fc.integer({ min: 1, max: 4 }) }), { minLength: 2, maxLength: 6 }),
        async (steps) => {
          const first = steps[0]?.shape as Shape
          const engine = makeEngine(program(first), { tailEntries: steps[0]?.tail ?? 2, bucketBytes: 64 })
          const arrived: { readonly time: number; readonly words: readonly string[]; readonly shape: Shape }[] = []
          let from = 0
          for (const [i, step] of steps.entries()) {
            const runtime = engine.process({ deploy: i + 1, job: program(step.shape) })
            for (let b = 0; b < step.batches; b++) {
              const batch = b === 0 ? step.words : [...step.words].reverse().slice(b)
              const time = engine.clock.now() + 10_000
              if (batch.length > 0) await engine.deliver(runtime, batch, { from })
              from += batch.length
              arrived.push({ time, words: batch, shape: step.shape })
              await engine.runTo(runtime, time + 9_000)
              engine.clock.moveTo(time + 10_000 - (time % 10_000))
            }
          }
          const last = engine.process({ deploy: steps.length, job: program(steps.at(-1)?.shape as Shape) })
          for (let n = 0; n < 8; n++) await engine.runTo(last, engine.clock.now() + 10_000)

          const all: string[] = []
          const counted: string[] = []
          const [allOf, once, totals, windows, groups, raw, nested] = await Promise.all(
            ['all', 'once', 'totals', 'windows', 'groups', 'raw', 'nested'].map((prefix) => byTime(engine, prefix)),
          )
          const seen = new Set<string>()
          for (const { time, words: batch, shape: at } of arrived) {
            const fresh = [...new Set(batch)].filter((word) => !seen.has(word))
            for (const word of fresh) seen.add(word)
            all.push(...batch)
            if (batch.length > 0) expect(allOf?.get(time) ?? [], `all of ${time}`).toEqual(lines(countsOf(all)))
            expect(once?.get(time) ?? [], `once of ${time}`).toEqual(fresh.map((word) => JSON.stringify(word)).sort())
            const running: string[] = []
            if (at.totals)
              for (const word of batch) {
                counted.push(word)
                running.push(JSON.stringify([word, counted.filter((one) => one === word).length]))
              }
            expect(totals?.get(time) ?? [], `totals of ${time}`).toEqual(running.sort())
            const held = arrived.filter((other) => other.time > time - WINDOW_MS && other.time <= time).flatMap((other) => other.words)
            expect(windows?.get(time) ?? [], `windows of ${time}`).toEqual(lines(countsOf(held)))
            expect(groups?.get(time) ?? [], `groups of ${time}`).toEqual(lines(countsOf(held)))
            expect(raw?.get(time) ?? [], `raw of ${time}`).toEqual(held.map((word) => JSON.stringify(word)).sort())
            expect(nested?.get(time) ?? [], `nested of ${time}`).toEqual(lines(countsOf(held)))
          }
          // Who asks from outside finds it, too.
          const state = openStateOf<string, number>('j', 'all', engine.ports)
          for (const [word, n] of countsOf(all)) expect(await state.get(word)).toBe(n)
          if (all.length > 0) expect((await state.entries()).map((pair) => JSON.stringify(pair)).sort()).toEqual(lines(countsOf(all)))
        },
      ),
      { numRuns: Number(process.env['RUNS'] ?? 60) },
    )
  }, 120_000)

  it('in the middle of batches loses and doubles nothing, whoever finishes them', async () => {
    const always = fc.record<Shape>({
      partitions: fc.integer({ min: 1, max: 4 }),
      own: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      first: fc.boolean(),
      totals: fc.constant(true),
      windows: fc.constant(false),
      counts: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ shape: always, words, tasks: fc.integer({ min: 0, max: 8 }) }), { minLength: 2, maxLength: 6 }), async (steps) => {
        // A shuffle that comes stays: rows that wait for one that goes are counted, not computed.
        const shapes = steps.map(({ shape: own }, i) => ({ ...own, first: steps.slice(0, i + 1).some((one) => one.shape.first) }))
        const engine = makeEngine(program(shapes[0] as Shape), { tailEntries: 3 })
        const all: string[] = []
        for (const [i, { words: batch, tasks }] of steps.entries()) {
          const runtime = engine.process({ deploy: i + 1, job: program(shapes[i] as Shape) })
          if (batch.length > 0) await engine.deliver(runtime, batch, { from: all.length })
          all.push(...batch)
          engine.clock.moveTo(engine.clock.now() + 14_000)
          await engine.tick(runtime)
          let done = 0
          for (const message of engine.ports.messages.takeDue()) if (message.kind === 'task' && done++ < tasks) await runtime.message(message, FOREVER)
          engine.ports.messages.takeDue()
          if (i % 2 === 1) engine.clock.moveTo(engine.clock.now() + X)
          if (i % 2 === 1) await engine.tick(runtime)
        }
        const last = engine.process({ deploy: steps.length, job: program(shapes.at(-1) as Shape) })
        for (let n = 0; n < 40; n++) {
          await engine.tick(last)
          await engine.runTo(last, engine.clock.now() + 30_000)
        }
        const wanted = countsOf(all)
        const totals = [...(await byTime(engine, 'totals')).values()].flat().map((line) => JSON.parse(line) as [string, number])
        // Each word's running counts are 1, 2, 3 ...: none is missing, none comes twice.
        for (const [word, n] of wanted)
          expect(
            totals
              .filter(([one]) => one === word)
              .map(([, at]) => at)
              .sort((a, b) => a - b),
          ).toEqual(Array.from({ length: n }, (_, at) => at + 1))
        expect(totals.length).toBe(all.length)
        const once = [...(await byTime(engine, 'once')).values()].flat()
        expect(once.sort()).toEqual([...wanted.keys()].map((word) => JSON.stringify(word)).sort())
        const state = openStateOf<string, number>('j', 'all', engine.ports)
        for (const [word, n] of wanted) expect(await state.get(word)).toBe(n)
      }),
      { numRuns: Number(process.env['RUNS'] ?? 60) },
    )
  }, 120_000)
})
