// Windows with an inverse against the plain form, with numbers that do not subtract out: fractions, NaN, Infinity, -0; keys that go and come back.
import { type DStream, seconds } from 'millrace'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Node } from '../../lib/dstream/node.ts'
import { reduceIncrementallyNode } from '../../lib/dstream/reduce-incrementally.ts'
import { StateOverlay } from '../../lib/state/state-overlay.ts'
import { runProgram } from '../vectors/run-program.ts'

/** JSON has neither NaN nor -0: numbers travel as texts. */
type Row = readonly [key: string, n: string]
type Rows = readonly (readonly [key: number, n: number])[]

interface Algebra {
  readonly f: (a: number, b: number) => number
  readonly inverse: (a: number, b: number) => number
}

const ADD: Algebra = { f: (a, b) => a + b, inverse: (a, b) => a - b }
const MULTIPLY: Algebra = { f: (a, b) => a * b, inverse: (a, b) => a / b }
/** Of no use where the sum is above 5. */
const THROWS: Algebra = {
  f: ADD.f,
  inverse: (a, b) => {
    if (a > 5) throw new Error('too much')
    return a - b
  },
}

const BATCHES = 14
const key = fc.constantFrom('0', '-0', '1', 'NaN')
const batchesOf = (n: fc.Arbitrary<string>): fc.Arbitrary<readonly (readonly Row[])[]> =>
  fc.array(fc.oneof({ weight: 2, arbitrary: fc.array(fc.tuple(key, n), { maxLength: 4 }) }, { weight: 1, arbitrary: fc.constant([]) }), {
    minLength: 1,
    maxLength: BATCHES - 5,
  })
const odd = batchesOf(fc.constantFrom('0', '-0', '1', '2', '-2', '8', 'NaN', 'Infinity', '-Infinity'))
const fractions = batchesOf(fc.constantFrom('0.1', '0.3', '-0.2', '0.7', '1e16', '-0'))

/** Batch by batch: what the last `window` batches hold, key by key, and all keys that there were. */
function plain(
  batches: readonly (readonly Row[])[],
  window: number,
  slide: number,
  { f }: Algebra,
): readonly { readonly now: Rows; readonly ever: readonly number[] }[] {
  const at = (i: number): Rows => (batches[i] ?? []).map(([k, n]) => [Number(k) + 0, Number(n)] as const)
  return Array.from({ length: BATCHES }, (_, i) => {
    if ((i + 1) % slide !== 0) return { now: [], ever: [] }
    const within = Array.from({ length: window }, (_, j) => at(i + 1 - window + j)).flat()
    const keys = [...new Set(within.map(([k]) => k))]
    const now = keys.map(
      (k) =>
        [
          k,
          within
            .filter(([other]) => Object.is(other, k))
            .map(([, n]) => n)
            .reduce(f),
        ] as const,
    )
    const ever = [
      ...new Set(
        Array.from({ length: i + 1 }, (_, j) => at(j))
          .flat()
          .map(([k]) => k),
      ),
    ]
    return { now, ever }
  })
}

const spans = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 })).filter(([window, slide]) => slide <= window)
const layouts = fc.constantFrom({ numPartitions: 1, shards: 1, silence: 'run' as const }, { numPartitions: 3, shards: 2, silence: 'skip' as const })

async function incremental(
  batches: readonly (readonly Row[])[],
  [window, slide]: readonly [number, number],
  { f, inverse }: Algebra,
  layout: { readonly numPartitions: number; readonly shards: number; readonly silence: 'run' | 'skip' },
  filter?: (pair: readonly [number, number]) => boolean,
): Promise<readonly Rows[]> {
  const run = await runProgram(
    {
      intervalMs: 1000,
      batches: BATCHES,
      inputs: { s: batches },
      restartAfter: [3, 6],
      build: (_ssc, { s }) => ({
        out: (s as DStream<Row>)
          .mapToPair(([k, n]) => [Number(k), Number(n)])
          .reduceByKeyAndWindow(f, inverse, seconds(window), seconds(slide), filter === undefined ? {} : { filter }),
      }),
    },
    { name: '', native: false, seed: 1, ...layout },
  )
  expect(run.error).toBeUndefined()
  expect(run.deadLetters).toEqual([])
  return (run.outputs['out'] ?? []).map((rows) => (rows ?? []) as Rows)
}

const byKey = (rows: Rows): Rows => rows.toSorted(([a], [b]) => (Object.is(a, b) ? 0 : Number.isNaN(a) || a > b ? 1 : -1))

describe('an inverse window is the plain form', () => {
  it.each([
    ['sums', ADD],
    ['products', MULTIPLY],
    ['sums with an inverse that throws', THROWS],
  ])('%s, with a filter that lets all through: nothing stays that the window does not hold', async (_name, algebra) => {
    await fc.assert(
      fc.asyncProperty(odd, spans, layouts, async (batches, span, layout) => {
        const shown = await incremental(batches, span, algebra, layout, () => true)
        expect(shown.map(byKey)).toEqual(plain(batches, ...span, algebra).map(({ now }) => byKey(now)))
      }),
      { numRuns: 150 },
    )
  })

  it('filtered', async () => {
    await fc.assert(
      fc.asyncProperty(odd, spans, layouts, async (batches, span, layout) => {
        const shown = await incremental(batches, span, ADD, layout, ([, n]) => n > 0)
        expect(shown.map(byKey)).toEqual(plain(batches, ...span, ADD).map(({ now }) => byKey(now.filter(([, n]) => n > 0))))
      }),
      { numRuns: 150 },
    )
  })

  it('sums of fractions: the same keys, and nearly the same sums', async () => {
    await fc.assert(
      fc.asyncProperty(fractions, spans, layouts, async (batches, span, layout) => {
        const shown = await incremental(batches, span, ADD, layout, () => true)
        const expected = plain(batches, ...span, ADD)
        expect(shown.map((rows) => byKey(rows).map(([k]) => k))).toEqual(expected.map(({ now }) => byKey(now).map(([k]) => k)))
        // Beside 1e16 a sum of doubles is good to 2, whichever way it is made.
        const most = batches.flat().some(([, n]) => n === '1e16') ? 100 : 1e-9
        for (const [i, rows] of shown.entries())
          for (const [j, [, n]] of byKey(rows).entries()) expect(Math.abs(n - (byKey(expected[i]!.now)[j]?.[1] ?? NaN))).toBeLessThan(most)
      }),
      { numRuns: 100 },
    )
  })

  it('without a filter: keys stay, with 0 exactly', async () => {
    await fc.assert(
      fc.asyncProperty(batchesOf(fc.constantFrom('0.1', '0.3', '0.7', '2')), spans, layouts, async (batches, span, layout) => {
        const shown = await incremental(batches, span, ADD, layout)
        const expected = plain(batches, ...span, ADD).map(({ now, ever }) =>
          ever.map((k) => [k, now.find(([other]) => Object.is(other, k))?.[1] ?? 0] as const),
        )
        for (const [i, rows] of shown.entries()) {
          expect(byKey(rows).map(([k]) => k)).toEqual(byKey(expected[i]!).map(([k]) => k))
          for (const [j, [, n]] of byKey(rows).entries()) {
            const is = byKey(expected[i]!)[j]![1]
            if (is === 0) expect(n).toBe(0)
            else expect(n).toBeCloseTo(is, 9)
          }
        }
      }),
      { numRuns: 100 },
    )
  })
})

it('a job whose window was left by fractions rests', async () => {
  const rows: (readonly Row[])[] = [[['1', '0.3']], [['1', '0.1']]]
  const shown = await incremental(rows, [2, 1], ADD, { numPartitions: 1, shards: 1, silence: 'skip' }, ([, n]) => n > 0)
  expect(shown.slice(0, 5)).toEqual([[[1, 0.3]], [[1, 0.3 + 0.1]], [[1, expect.closeTo(0.1, 9) as number]], [], []])
})

describe('a state of a release that did not count without a filter, and kept what had left with one', () => {
  const parent = { shape: 'union', kind: 'union', uid: undefined, parents: [], slideMs: 1000, params: {} } satisfies Node
  const slide = (filter: boolean, state: StateOverlay, time: number): unknown =>
    reduceIncrementallyNode(
      parent,
      (a: number, b: number) => a + b,
      (a: number, b: number) => a - b,
      seconds(3),
      seconds(1),
      filter ? { filter: () => true } : {},
    ).compute([[]], { state, time } as never)
  /** Panes of 1 s and 2 s, taken in, and a key that left long ago. */
  const before = (): StateOverlay => {
    const state = new StateOverlay(undefined, undefined)
    for (const [end, n] of [
      [1000, 4],
      [2000, 6],
    ] as const) {
      state.put(end, 'a', n)
      state.put(-1, end, true)
    }
    state.put(0, 'a', 10)
    state.put(0, 'z', 2.7755575615628914e-17)
    return state
  }

  it.each([
    [true, [[['a', 10]], [['a', 6]], []]],
    [
      false,
      [
        [
          ['a', 10],
          ['z', 2.7755575615628914e-17],
        ],
        [
          ['a', 6],
          ['z', 2.7755575615628914e-17],
        ],
        [
          ['a', 0],
          ['z', 2.7755575615628914e-17],
        ],
      ],
    ],
  ] as const)('filter: %s', (filter, shown) => {
    const state = before()
    if (filter) state.put(-2, 'a', 2)
    expect([3000, 4000, 5000].map((time) => slide(filter, state, time))).toEqual(shown)
  })
})
