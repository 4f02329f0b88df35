// Random programs against plain lists: graphs of operators with diamonds, windows of windows, joins of windows, several outputs; and what each must put out, batch by batch.
import { type DStream, type PairDStream, seconds, type State } from 'millrace'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { runProgram } from '../vectors/run-program.ts'

type Row = readonly [key: string, n: number]
type Rows = readonly Row[]
/** A stream as lists: element i is batch i + 1; null where it yields no RDD. */
interface Lists {
  readonly slide: number
  readonly batches: readonly (Rows | null)[]
}
type Pairs = PairDStream<string, number>

/** An operator, twice: as Millrace has it, and as lists. `undefined`: it does not fit these streams. */
interface Operator {
  readonly text: string
  build(a: Pairs, b: Pairs): Pairs
  lists(a: Lists, b: Lists): Lists | undefined
}

const add = (a: number, b: number): number => a + b
const total = (ns: readonly number[]): number => ns.reduce(add, 0)
const group = (rows: Rows): readonly (readonly [string, readonly number[]])[] =>
  [...new Set(rows.map(([key]) => key))].map((key) => [key, rows.filter(([k]) => k === key).map(([, n]) => n)])
const sums = (rows: Rows): Rows => group(rows).map(([key, ns]) => [key, total(ns)])
const valuesOf = (rows: Rows, key: string): readonly number[] => rows.filter(([k]) => k === key).map(([, n]) => n)

/** Batch by batch. */
const each =
  (f: (rows: Rows, i: number) => Rows) =>
  ({ slide, batches }: Lists): Lists => ({
    slide,
    batches: batches.map((rows, i) => (rows === null ? null : f(rows, i))),
  })
const both =
  (f: (a: Rows, b: Rows) => Rows) =>
  (a: Lists, b: Lists): Lists | undefined =>
    a.slide === b.slide ? { slide: a.slide, batches: a.batches.map((rows, i) => (rows === null ? null : f(rows, b.batches[i] ?? []))) } : undefined
/** Windows: parent times in (t - window, t], at multiples of the slide. */
const windowed =
  (w: number, s: number, f: (rows: Rows, before: Rows) => Rows) =>
  ({ slide, batches }: Lists): Lists | undefined => {
    if (w % slide !== 0 || s % slide !== 0) return undefined
    const within = (from: number, to: number): Rows => batches.slice(Math.max(0, from), to).flatMap((rows) => rows ?? [])
    return { slide: s, batches: batches.map((_, i) => ((i + 1) % s === 0 ? f(within(i + 1 - w, i + 1), within(0, i + 1)) : null)) }
  }
const stateful =
  (f: (state: Map<string, readonly [number, number]>, rows: Rows, at: number) => Rows) =>
  (a: Lists): Lists => {
    const state = new Map<string, readonly [number, number]>()
    return each((rows, i) => f(state, rows, i + 1))(a)
  }

const count = (key: string, n: number | undefined, state: State<number>): Row | undefined => {
  if (n === undefined) return [`${key} gone`, state.get()]
  if (n === 7) state.remove()
  else state.update((state.getOption() ?? 0) + n)
  return [key, state.getOption() ?? -1]
}
const counted = (timeout: number | undefined, snapshots: boolean) =>
  stateful((state, rows, at) => {
    const out: Row[] = []
    for (const [key, n] of rows) {
      if (n === 7) state.delete(key)
      else state.set(key, [(state.get(key)?.[0] ?? 0) + n, at])
      out.push([key, state.get(key)?.[0] ?? -1])
    }
    for (const [key, [n, seen]] of state) {
      if (timeout === undefined || seen >= at - timeout) continue
      out.push([`${key} gone`, n])
      state.delete(key)
    }
    return snapshots ? [...state].map(([key, [n]]): Row => [key, n]) : out
  })

const partitions = fc.constantFrom(undefined, 1, 2, 5, 64)
const some = (numPartitions: number | undefined): { readonly numPartitions?: number } => (numPartitions === undefined ? {} : { numPartitions })
const span = fc.integer({ min: 1, max: 6 })

const OPERATORS: readonly fc.Arbitrary<Operator>[] = [
  fc.constant({
    text: 'map',
    build: (a) => a.mapToPair(([k, n]) => [n % 2 === 0 ? 'even' : k, n + 1]),
    lists: each((rows) => rows.map(([k, n]) => [n % 2 === 0 ? 'even' : k, n + 1])),
  }),
  fc.constant({ text: 'filter', build: (a) => a.filter(([, n]) => n % 3 !== 0), lists: each((rows) => rows.filter(([, n]) => n % 3 !== 0)) }),
  fc.constant({
    text: 'flatMapValues',
    build: (a) => a.flatMapValues((n) => (n > 3 ? [n, 1] : [])),
    lists: each((rows) => rows.flatMap(([k, n]) => (n > 3 ? [[k, n] as const, [k, 1] as const] : []))),
  }),
  fc.constant({ text: 'union', build: (a, b) => a.union(b), lists: both((a, b) => [...a, ...b]) }),
  fc.constant({
    text: 'transformWith',
    build: (a, b) => a.transformWith(b, (x, y) => x.subtractByKey(y)),
    lists: both((a, b) => a.filter(([k]) => valuesOf(b, k).length === 0)),
  }),
  fc.constant({ text: 'count', build: (a) => a.count().mapToPair((n) => ['n', n]), lists: each((rows) => [['n', rows.length]]) }),
  fc.constant({
    text: 'reduce',
    build: (a) =>
      a
        .map(([, n]) => n)
        .reduce(add)
        .mapToPair((n) => ['sum', n]),
    lists: each((rows) => (rows.length > 0 ? [['sum', total(rows.map(([, n]) => n))]] : [])),
  }),
  partitions.map((n): Operator => ({ text: `repartition(${n ?? 3})`, build: (a) => a.repartition(n ?? 3), lists: each((rows) => rows) })),
  partitions.map((n): Operator => ({ text: `reduceByKey ${n}`, build: (a) => a.reduceByKey(add, some(n)), lists: each(sums) })),
  partitions.map((n): Operator => ({ text: `groupByKey ${n}`, build: (a) => a.groupByKey(some(n)).mapValues(total), lists: each(sums) })),
  partitions.map((n): Operator => ({
    text: `cogroup ${n}`,
    build: (a, b) => a.cogroup(b, some(n)).mapValues(([x, y]) => total(x) * 10 + y.length),
    lists: both((a, b) => group([...a, ...b]).map(([k]) => [k, total(valuesOf(a, k)) * 10 + valuesOf(b, k).length])),
  })),
  partitions.map((n): Operator => ({
    text: `fullOuterJoin ${n}`,
    build: (a, b) =>
      a
        .reduceByKey(add)
        .fullOuterJoin(b.reduceByKey(add), some(n))
        .mapValues(([x, y]) => (x ?? 1000) - (y ?? 500)),
    lists: both((a, b) => group([...a, ...b]).map(([k]) => [k, (new Map(sums(a)).get(k) ?? 1000) - (new Map(sums(b)).get(k) ?? 500)])),
  })),
  fc.constant({
    text: 'join',
    build: (a, b) => a.join(b.reduceByKey(add)).mapValues(([x, y]) => x + y),
    lists: both((a, b) => a.flatMap(([k, n]) => [...new Map(sums(b))].filter(([j]) => j === k).map(([, m]) => [k, n + m] as const))),
  }),
  fc
    .tuple(span, span)
    .map(([w, s]): Operator => ({ text: `window(${w}, ${s})`, build: (a) => a.window(seconds(w), seconds(s)), lists: windowed(w, s, (rows) => rows) })),
  fc.tuple(span, span, partitions).map(([w, s, n]): Operator => ({
    text: `reduceByKeyAndWindow(${w}, ${s}) ${n}`,
    build: (a) => a.reduceByKeyAndWindow(add, seconds(w), seconds(s), some(n)),
    lists: windowed(w, s, sums),
  })),
  fc.tuple(span, span, partitions).map(([w, s, n]): Operator => ({
    text: `reduceByKeyAndWindow(inverse, ${w}, ${s}) ${n}`,
    build: (a) => a.reduceByKeyAndWindow(add, (x, y) => x - y, seconds(w), seconds(s), some(n)),
    lists: windowed(w, s, (rows, before) => (s > w ? sums(rows) : group(before).map(([k]) => [k, total(valuesOf(rows, k))]))),
  })),
  fc.tuple(span, span, partitions).map(([w, s, n]): Operator => ({
    text: `reduceByKeyAndWindow(inverse, filter, ${w}, ${s}) ${n}`,
    build: (a) => a.reduceByKeyAndWindow(add, (x, y) => x - y, seconds(w), seconds(s), { ...some(n), filter: ([, m]) => m !== 0 }),
    lists: windowed(w, s, (rows) => sums(rows).filter(([, m]) => m !== 0)),
  })),
  fc.tuple(span, span, partitions).map(([w, s, n]): Operator => ({
    text: `groupByKeyAndWindow(${w}, ${s}) ${n}`,
    build: (a) => a.groupByKeyAndWindow(seconds(w), seconds(s), some(n)).mapValues((ns) => total(ns) + ns.length),
    lists: windowed(w, s, (rows) => group(rows).map(([k, ns]) => [k, total(ns) + ns.length])),
  })),
  fc.tuple(span, span).map(([w, s]): Operator => ({
    text: `countByValueAndWindow(${w}, ${s})`,
    build: (a) => a.map(([k]) => k).countByValueAndWindow(seconds(w), seconds(s)),
    lists: windowed(w, s, (rows) => group(rows).map(([k, ns]) => [k, ns.length])),
  })),
  fc.tuple(span, span).map(([w, s]): Operator => ({
    text: `reduceByWindow(${w}, ${s})`,
    build: (a) =>
      a
        .map(([, n]) => n)
        .reduceByWindow(add, seconds(w), seconds(s))
        .mapToPair((n) => ['all', n]),
    lists: windowed(w, s, (rows) => (rows.length > 0 ? [['all', total(rows.map(([, n]) => n))]] : [])),
  })),
  fc.tuple(span, span).map(([w, s]): Operator => ({
    text: `countByWindow(${w}, ${s})`,
    build: (a) => a.countByWindow(seconds(w), seconds(s)).mapToPair((n) => ['rows', n]),
    lists: windowed(w, s, (rows, before) => ((s > w ? rows : before).length > 0 ? [['rows', rows.length]] : [])),
  })),
  partitions.map((n): Operator => ({
    text: `updateStateByKey ${n}`,
    build: (a) => a.updateStateByKey((ns, before: number | undefined) => ((before ?? 0) + total(ns) > 30 ? undefined : (before ?? 0) + total(ns) + 1), some(n)),
    lists: stateful((state, rows) => {
      for (const key of new Set([...state.keys(), ...rows.map(([k]) => k)])) {
        const next = (state.get(key)?.[0] ?? 0) + total(valuesOf(rows, key))
        if (next > 30) state.delete(key)
        else state.set(key, [next + 1, 0])
      }
      return [...state].map(([key, [n]]): Row => [key, n])
    }),
  })),
  fc.tuple(fc.option(span, { nil: undefined }), fc.boolean(), partitions).map(([timeout, snapshots, n]): Operator => ({
    text: `mapWithState(${timeout}) ${snapshots ? 'snapshots' : ''} ${n}`,
    build: (a) => {
      // What a key sees depends on the order of its values: one value a key and batch.
      const mapped = a.reduceByKey(add).mapWithState(count, { ...some(n), ...(timeout === undefined ? {} : { timeout: seconds(timeout) }) })
      return snapshots ? mapped.stateSnapshots() : (mapped as DStream<Row>).mapToPair((row) => row)
    },
    lists: (a) => counted(timeout, snapshots)(each(sums)(a)),
  })),
]

interface Case {
  readonly inputs: readonly (readonly Rows[])[]
  /** Each with the streams that it takes, by number: the inputs first. */
  readonly steps: readonly { readonly operator: Operator; readonly a: number; readonly b: number }[]
  readonly layout: { readonly numPartitions: number; readonly shards: number; readonly seed: number; readonly silence: 'run' | 'skip' }
  readonly restartAfter: readonly number[]
}

const BATCHES = 16
const row = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: -3, max: 9 }))
/** The end is silent, so that windows drain. */
const input = fc.array(fc.oneof({ weight: 2, arbitrary: fc.array(row, { maxLength: 5 }) }, { weight: 1, arbitrary: fc.constant([]) }), {
  minLength: 1,
  maxLength: BATCHES - 4,
})
const cases: fc.Arbitrary<Case> = fc.record({
  inputs: fc.tuple(input, input),
  steps: fc.array(fc.record({ operator: fc.oneof(...OPERATORS), a: fc.nat(9), b: fc.nat(9) }), { minLength: 1, maxLength: 6 }),
  layout: fc.record({
    numPartitions: fc.constantFrom(1, 1, 4, 7),
    shards: fc.integer({ min: 1, max: 3 }),
    seed: fc.nat(),
    silence: fc.constantFrom<'run' | 'skip'>('run', 'skip'),
  }),
  restartAfter: fc.uniqueArray(fc.integer({ min: 1, max: BATCHES }), { maxLength: 2 }),
})

const sorted = (rows: Iterable<unknown>): readonly string[] => [...rows].map((one) => JSON.stringify(one)).sort()

/** The steps that fit, and what each stream is as lists. */
function resolve({ inputs, steps }: Case): { readonly lists: readonly Lists[]; readonly taken: readonly (readonly [Operator, number, number])[] } {
  const lists: Lists[] = inputs.map((batches) => ({ slide: 1, batches: Array.from({ length: BATCHES }, (_, i) => batches[i] ?? []) }))
  const taken: (readonly [Operator, number, number])[] = []
  for (const { operator, a, b } of steps) {
    const [x, y] = [a % lists.length, b % lists.length]
    const result = operator.lists(lists[x]!, lists[y]!)
    if (result === undefined) continue
    taken.push([operator, x, y])
    lists.push(result)
  }
  return { lists, taken }
}

it('any program puts out what its lists say, in any layout', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const { lists, taken } = resolve(one)
      fc.pre(taken.length > 0)
      const text = taken.map(([operator, a, b], i) => `s${i + 2} = s${a}.${operator.text} / s${b}`).join('\n')
      const run = await runProgram(
        {
          intervalMs: 1000,
          batches: BATCHES,
          inputs: { s0: one.inputs[0]!, s1: one.inputs[1]! },
          restartAfter: one.restartAfter,
          build: (_ssc, { s0, s1 }) => {
            const streams = [s0, s1].map((s) => (s as DStream<Row>).mapToPair((pair) => pair))
            for (const [operator, a, b] of taken) streams.push(operator.build(streams[a]!, streams[b]!))
            return Object.fromEntries(streams.map((stream, i) => [`s${i}`, stream]))
          },
        },
        { name: '', native: false, ...one.layout },
      )
      expect(run.error, text).toBeUndefined()
      expect(run.deadLetters, text).toEqual([])
      for (const [i, { batches }] of lists.entries())
        expect(
          run.outputs[`s${i}`]?.map((rows) => sorted(rows ?? [])),
          `s${i} of\n${text}`,
        ).toEqual(batches.map((rows) => sorted(rows ?? [])))
    }),
    {
      numRuns: Number(process.env['MILLRACE_RUNS'] ?? 200),
      ...(process.env['MILLRACE_SEED'] === undefined ? {} : { seed: Number(process.env['MILLRACE_SEED']) }),
    },
  )
})
