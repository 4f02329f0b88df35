// Windows against their definition: the batches with times in (t - window, t], at every multiple of the slide since the epoch.
import { milliseconds, type DStream } from 'millrace'
import { describe, expect, it } from 'vitest'
import { randomOf } from '../vectors/random.ts'
import { runProgram, type Program } from '../vectors/run-program.ts'
import type { Layout } from '../vectors/vector.ts'

type Pair = readonly [key: string, n: number]
type Rows = readonly Pair[]

const SEEDS = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233]
const LAYOUTS = [
  { numPartitions: 1, shards: 1, silence: 'run' },
  { numPartitions: 3, shards: 2, silence: 'skip' },
] as const

interface Case {
  readonly intervalMs: number
  readonly windowMs: number
  readonly slideMs: number
  readonly input: readonly Rows[]
}

function caseOf(seed: number): Case {
  const random = randomOf(seed)
  const upTo = (n: number): number => 1 + Math.floor(random() * n)
  const intervalMs = upTo(4) * 250
  const input = Array.from({ length: 30 }, (_, i): Rows =>
    i > 20 || random() < 0.3 ? [] : Array.from({ length: upTo(4) }, (): Pair => ['abcd'.charAt(upTo(4) - 1), upTo(9)]),
  )
  return { intervalMs, windowMs: upTo(6) * intervalMs, slideMs: upTo(5) * intervalMs, input }
}

const sum = (rows: Rows): ReadonlyMap<string, number> => rows.reduce((map, [key, n]) => map.set(key, (map.get(key) ?? 0) + n), new Map<string, number>())
const sorted = (rows: Iterable<unknown>): readonly string[] => [...rows].map((row) => JSON.stringify(row)).sort()

/** Batch times in (from, to]. */
function times({ intervalMs, input }: Case, from: number, to: number): readonly number[] {
  return input.map((_, i) => (i + 1) * intervalMs).filter((t) => t > from && t <= to)
}

/** What arrived in batches in (from, to]. */
function between(c: Case, from: number, to: number): Rows {
  return times(c, from, to).flatMap((t) => c.input[t / c.intervalMs - 1] ?? [])
}

/** What a window shows at each batch; nothing where it does not slide. */
function byDefinition(c: Case, show: (rows: Rows, before: Rows, c: Case, t: number) => Iterable<unknown>): readonly (readonly string[])[] {
  return times(c, 0, Infinity).map((t) => (t % c.slideMs === 0 ? sorted(show(between(c, t - c.windowMs, t), between(c, 0, t), c, t)) : []))
}

const OPERATORS: Readonly<
  Record<string, { build(stream: DStream<Pair>, c: Case): DStream<unknown>; show(rows: Rows, before: Rows, c: Case, t: number): Iterable<unknown> }>
> = {
  window: { build: (s, c) => s.window(milliseconds(c.windowMs), milliseconds(c.slideMs)), show: (rows) => rows },
  'reduceByKeyAndWindow plain': {
    build: (s, c) => s.mapToPair((p) => p).reduceByKeyAndWindow((a, b) => a + b, milliseconds(c.windowMs), milliseconds(c.slideMs)),
    show: (rows) => sum(rows),
  },
  'reduceByKeyAndWindow with an inverse and a filter': {
    build: (s, c) =>
      s
        .mapToPair((p) => p)
        .reduceByKeyAndWindow(
          (a, b) => a + b,
          (a, b) => a - b,
          milliseconds(c.windowMs),
          milliseconds(c.slideMs),
          { filter: ([, n]) => n > 0 },
        ),
    show: (rows) => sum(rows),
  },
  'reduceByKeyAndWindow with an inverse: keys stay': {
    build: (s, c) =>
      s
        .mapToPair((p) => p)
        .reduceByKeyAndWindow(
          (a, b) => a + b,
          (a, b) => a - b,
          milliseconds(c.windowMs),
          milliseconds(c.slideMs),
        ),
    show: (rows, before, c) => (c.slideMs > c.windowMs ? sum(rows) : new Map([...sum(before.map(([key]): Pair => [key, 0])), ...sum(rows)])),
  },
  groupByKeyAndWindow: {
    build: (s, c) =>
      s
        .mapToPair((p) => p)
        .groupByKeyAndWindow(milliseconds(c.windowMs), milliseconds(c.slideMs))
        .mapValues((ns) => ns.toSorted((a, b) => a - b)),
    show: (rows) =>
      [...sum(rows).keys()].map((key) => [
        key,
        rows
          .filter(([k]) => k === key)
          .map(([, n]) => n)
          .sort((a, b) => a - b),
      ]),
  },
  'reduceByWindow plain': {
    build: (s, c) => s.map(([, n]) => n).reduceByWindow((a, b) => a + b, milliseconds(c.windowMs), milliseconds(c.slideMs)),
    show: (rows) => (rows.length > 0 ? [rows.reduce((a, [, n]) => a + n, 0)] : []),
  },
  countByValueAndWindow: {
    build: (s, c) => s.map(([key]) => key).countByValueAndWindow(milliseconds(c.windowMs), milliseconds(c.slideMs)),
    show: (rows) => sum(rows.map(([key]): Pair => [key, 1])),
  },
  'a window of a window': {
    build: (s, c) => s.window(milliseconds(c.slideMs)).window(milliseconds(c.windowMs), milliseconds(c.slideMs)),
    show: (_rows, _before, c, t) => times(c, t - c.windowMs, t).flatMap((u) => between(c, u - c.slideMs, u)),
  },
}

describe.each(Object.entries(OPERATORS))('%s', (_name, { build, show }) => {
  it.each(SEEDS)('is what its definition says, seed %i', async (seed) => {
    const c = caseOf(seed)
    const program: Program = {
      intervalMs: c.intervalMs,
      batches: c.input.length,
      inputs: { s: c.input },
      restartAfter: [7, 19],
      build: (_ssc, { s }) => ({ out: build(s as DStream<Pair>, c) }),
    }
    for (const some of LAYOUTS) {
      const layout: Layout = { ...some, name: '', seed, native: false }
      const run = await runProgram(program, layout)
      expect(run.error).toBeUndefined()
      expect(run.outputs['out']?.map((rows) => sorted(rows ?? []))).toEqual(byDefinition(c, show))
    }
  })
})

it.each<[string, readonly number[], readonly (number | undefined)[]]>([
  // A window of three batches that shows sums above 0: what it should show, batch by batch.
  ['negative, then seen again when a negative leaves', [-2, 5, 0, 0, 0, 0], [undefined, 3, 3, 5, undefined, undefined]],
  ['refused and never touched again', [-2, 0, 0, 0], [undefined, undefined, undefined, undefined]],
  ['refused in two panes, then seen', [-1, -1, 3, 0, 0, 0], [undefined, undefined, 1, 2, 3, undefined]],
  ['seen, refused, seen', [4, -4, 1, 0, 0, 0], [4, undefined, 1, undefined, 1, undefined]],
])('an inverse window whose filter refuses what the window still holds: %s', async (_name, values, sums) => {
  const program: Program = {
    intervalMs: 1000,
    batches: values.length,
    inputs: { s: values.map((n) => (n === 0 ? [] : [['a', n]])) },
    restartAfter: [2],
    build: (_ssc, { s }) => ({
      out: (s as DStream<Pair>)
        .mapToPair((pair) => pair)
        .reduceByKeyAndWindow(
          (a, b) => a + b,
          (a, b) => a - b,
          milliseconds(3000),
          milliseconds(1000),
          { filter: ([, n]) => n > 0 },
        ),
    }),
  }
  const run = await runProgram(program, { ...LAYOUTS[0], name: '', seed: 1, native: false })
  expect(run.outputs['out']).toEqual(sums.map((n) => (n === undefined ? [] : [['a', n]])))
})
