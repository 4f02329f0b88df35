// This file is long because each sketch has its error, its property and its refusals here.
// What each sketch promises, on values alone: the error, the same bytes however it was split, the size, and what it refuses.
import * as fc from 'fast-check'
import { bloomFilter, countMinSketch, ddSketch, hyperLogLog, type Sketch, spaceSaving } from 'millrace/sketch'
import { describe, expect, it } from 'vitest'
import { secondHash } from '../../lib/sketch/hash-value.ts'
import { KeyMap } from '../../lib/values/key-map.ts'
import type { Key } from '../../lib/values/key.ts'
import { anyKey } from '../values/any-key.ts'

const MILLION = 1_000_000

/** Marsaglia's xorshift32: the tests draw their own numbers. */
function numbers(seed: number): () => number {
  let x = seed
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) / 2 ** 32
  }
}

function built<V, S>(sketch: Sketch<V, S>, values: readonly V[]): S {
  return sketch.settle(values.slice(1).reduce((state, value) => sketch.mergeValue(state, value), sketch.create(values[0]!)))
}

/** The values in pieces, each built by itself, then merged as a tree. */
function merged<V, S>(sketch: Sketch<V, S>, pieces: readonly (readonly V[])[]): S {
  const states = pieces.filter((piece) => piece.length > 0).map((piece) => built(sketch, piece))
  while (states.length > 1) states.push(sketch.mergeCombiners(states.shift()!, states.shift()!))
  return states[0]!
}

function pieces<V>(values: readonly V[], sizes: readonly number[]): readonly (readonly V[])[] {
  const result: V[][] = []
  let [at, i] = [0, 0]
  while (at < values.length) {
    const size = sizes[i++ % sizes.length]!
    result.push(values.slice(at, at + size))
    at += size
  }
  return result
}

describe('hyperLogLog', () => {
  // Spark's rule: p = ceil(2 log2(1.106 / relativeSD)).
  it.each([
    [0.39, 4],
    [0.05, 9],
    [0.01, 14],
    [0.002, 19],
  ])('has for a relativeSD of %d the precision %d', (relativeSD, precision) => expect(hyperLogLog({ relativeSD }).precision).toBe(precision))

  it.each([1, 2, 10, 100, 1000, 5000, 20_000, 100_000, MILLION])('counts %d different values within five standard deviations', (n) => {
    for (const relativeSD of [0.05, 0.01]) {
      const sketch = hyperLogLog({ relativeSD })
      const texts = built(
        sketch,
        Array.from({ length: n }, (_, i) => `user-${i}`),
      )
      const numbersToo = built(
        sketch,
        Array.from({ length: n }, (_, i) => i * 7),
      )
      for (const state of [texts, numbersToo]) expect(Math.abs(sketch.estimate(state) / n - 1)).toBeLessThan(Math.max(5 * relativeSD, 0.5 / n))
    }
  })

  it('is no more wrong on average than relativeSD says', () => {
    const relativeSD = 0.05
    const sketch = hyperLogLog({ relativeSD })
    for (const n of [300, 1500, 4000]) {
      const errors = Array.from(
        { length: 200 },
        (_, run) =>
          sketch.estimate(
            built(
              sketch,
              Array.from({ length: n }, (_, i) => [run, i]),
            ),
          ) /
            n -
          1,
      )
      const squares = errors.reduce((sum, e) => sum + e * e, 0) / errors.length
      expect(Math.sqrt(squares)).toBeLessThan(relativeSD * 1.1)
      expect(Math.abs(errors.reduce((sum, e) => sum + e, 0) / errors.length)).toBeLessThan(relativeSD / 4)
    }
  })

  it('counts duplicates once, and takes 4 bytes for each value until it is dense', () => {
    const sketch = hyperLogLog({ relativeSD: 0.01 })
    const state = built(
      sketch,
      Array.from({ length: 1000 }, (_, i) => i % 10),
    )
    expect(sketch.estimate(state)).toBe(10)
    expect(state.length).toBe(7 + 4 * 10)
    const most = built(
      sketch,
      Array.from({ length: 50_000 }, (_, i) => i),
    )
    expect(most.length).toBe(3 + 2 ** 14)
  })

  it('changes nothing that it did not make itself', () => {
    const sketch = hyperLogLog({ relativeSD: 0.2 })
    const values = Array.from({ length: 100 }, (_, i) => i)
    const [state, other] = [
      sketch.mergeCombiners(built(sketch, values), built(sketch, [1])),
      built(
        sketch,
        values.map((i) => i + 1000),
      ),
    ]
    const before = [state.slice(), other.slice()]
    sketch.mergeValue(state, 'x')
    sketch.mergeCombiners(state, other)
    expect([state, other]).toEqual(before)
  })
})

/** Every sketch whose bytes follow from the values alone, small enough that it becomes dense. */
const EXACT: readonly (readonly [string, Sketch<never, Uint8Array>, fc.Arbitrary<unknown>])[] = [
  ['hyperLogLog', hyperLogLog({ relativeSD: 0.1 }), fc.oneof(anyKey, fc.nat(300))],
  ['ddSketch', ddSketch({ relativeAccuracy: 0.02 }), fc.double({ noNaN: true, noDefaultInfinity: true })],
  ['bloomFilter', bloomFilter({ expectedNumItems: 60, fpp: 0.01 }), fc.oneof(anyKey, fc.nat(300))],
  ['countMinSketch', countMinSketch({ eps: 0.1, confidence: 0.8, seed: 7 }), fc.oneof(anyKey, fc.nat(30))],
]

describe.each(EXACT)('%s', (_name, sketch, value) => {
  it('has the same bytes however its values were split, ordered and merged', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 300 }),
        fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (values, sizes, turn) => {
          const whole = built(sketch, values as never[])
          const turned = [...values.slice(turn % values.length), ...values.slice(0, turn % values.length)]
          expect(merged(sketch, pieces(turned as never[], sizes))).toEqual(whole)
        },
      ),
    )
  })

  it.each([1, 5, 10, 20, 30, 40, 60, 80, 200])('changes neither a merged nor a settled one, of 2 x %d values', (n) => {
    const some = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i) as never[]
    const grow = (of: Uint8Array) => [...some(0, 1), ...some(1000, 1050)].reduce((grown, i) => sketch.mergeValue(grown, i), of)
    for (const state of [sketch.mergeCombiners(built(sketch, some(0, n)), built(sketch, some(n, 2 * n))), sketch.settle(built(sketch, some(0, 2 * n)))]) {
      const before = state.slice()
      const once = grow(state).slice()
      expect(grow(state)).toEqual(once)
      expect(state).toEqual(before)
    }
  })

  it('has at most 8 bytes for each value that came', () => {
    fc.assert(fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (values) => built(sketch, values as never[]).length <= 19 + 8 * values.length))
  })
})

describe('ddSketch', () => {
  const draw = numbers(42)
  const normal = (): number => Math.sqrt(-2 * Math.log(draw() + 2 ** -33)) * Math.cos(2 * Math.PI * draw())
  const DISTRIBUTIONS: readonly (readonly [string, () => number])[] = [
    ['uniform', () => draw() * 1000],
    ['normal around 0', normal],
    ['exponential', () => -Math.log(1 - draw())],
    ['Pareto', () => (1 - draw()) ** (-1 / 1.2)],
    ['log-normal over many magnitudes', () => Math.exp(normal() * 3)],
    ['whole numbers with zeros', () => Math.floor(draw() * 5)],
  ]
  it.each(DISTRIBUTIONS)('has quantiles of 10^6 values within 1 %%: %s', (_name, next) => {
    const sketch = ddSketch({ relativeAccuracy: 0.01 })
    const values = Array.from({ length: MILLION }, next)
    const state = built(sketch, values)
    const sorted = Float64Array.from(values).sort()
    for (const q of [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1]) {
      const exact = sorted[Math.floor(q * (MILLION - 1))]!
      expect(Math.abs(sketch.quantile(state, q) - exact)).toBeLessThanOrEqual(0.0100001 * Math.abs(exact))
    }
    expect(sketch.count(state)).toBe(MILLION)
    expect(sketch.relativeAccuracy(state)).toBeCloseTo(0.01, 12)
  })

  it('halves its accuracy rather than grow, and says so', () => {
    const sketch = ddSketch({ relativeAccuracy: 0.001 })
    const values = Array.from({ length: 20_000 }, (_, i) => Math.exp(i / 100 - 100))
    const state = built(sketch, values)
    expect(state.length).toBeLessThanOrEqual(10 + 8 * 2048)
    const accuracy = sketch.relativeAccuracy(state)
    expect(accuracy).toBeGreaterThan(0.001)
    for (const q of [0, 0.3, 0.8, 1])
      expect(Math.abs(sketch.quantile(state, q) / values[Math.floor(q * (values.length - 1))]! - 1)).toBeLessThanOrEqual(accuracy * 1.000001)
  })

  it('knows the ends of the doubles', () => {
    const sketch = ddSketch()
    const state = built(sketch, [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 0, -0])
    expect(sketch.quantile(state, 1) / Number.MAX_VALUE).toBeGreaterThan(0.99)
    expect(sketch.quantile(state, 0) / -Number.MAX_VALUE).toBeGreaterThan(0.99)
    expect(sketch.quantile(state, 0.5)).toBe(0)
  })
})

/** Of Zipf's law: value i comes with a probability of about 1 / i. */
function zipf(n: number, seed: number): readonly number[] {
  const draw = numbers(seed)
  return Array.from({ length: n }, () => Math.floor(Math.exp(draw() * Math.log(200_000))))
}

function exactCounts(values: readonly Key[]): KeyMap<number> {
  const counts = new KeyMap<number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

describe('spaceSaving', () => {
  it.each([
    ['in one piece', [MILLION]],
    ['in 10 pieces', [100_000]],
    ['in pieces of all sizes', [70_000, 1, 130_000, 2000]],
  ])('finds what came most often among 10^6 values, within n / capacity: %s', (_name, sizes) => {
    const values = zipf(MILLION, 5)
    const exact = exactCounts(values)
    const sketch = spaceSaving<number>({ capacity: 1000 })
    const state = merged(sketch, pieces(values, sizes))
    expect(state.total).toBe(MILLION)
    expect(state.error).toBeLessThanOrEqual(MILLION / 1000)
    expect(state.values.length).toBeLessThanOrEqual(2000)
    const top = sketch.top(state, 100)
    for (const { value, count, error } of top) {
      expect(count).toBeGreaterThanOrEqual(exact.get(value)!)
      expect(count - error).toBeLessThanOrEqual(exact.get(value)!)
    }
    const found = new Set(state.values)
    for (const [value, times] of exact) if (times > MILLION / 1000) expect(found).toContain(value)
  })

  it('is exact, and the same bytes however split, up to 2 x capacity different values', () => {
    fc.assert(
      fc.property(fc.array(anyKey, { minLength: 2, maxLength: 40 }), fc.integer({ min: 1, max: 10 }), (values, size) => {
        const sketch = spaceSaving({ capacity: 20 })
        const state = merged(sketch, [...pieces(values.slice(1), [size]), [values[0]!]])
        const exact = exactCounts(values)
        expect(state.error).toBe(0)
        expect(sketch.top(state, 100).map(({ value, count }) => count - exact.get(value)!)).toEqual(Array.from({ length: exact.size }, () => 0))
        expect(state).toEqual(sketch.mergeCombiners(built(sketch, values.slice(0, 1)), built(sketch, values.slice(1))))
      }),
    )
  })
})

describe('bloomFilter', () => {
  it.each([0.1, 0.01, 0.001])('forgets nothing of 10^5 values, and makes up about %d of others', (fpp) => {
    const filter = bloomFilter({ expectedNumItems: 100_000, fpp })
    const state = built(
      filter,
      Array.from({ length: 100_000 }, (_, i) => `in-${i}`),
    )
    for (let i = 0; i < 100_000; i += 7) expect(filter.mightContain(state, `in-${i}`)).toBe(true)
    let wrong = 0
    for (let i = 0; i < 100_000; i++) if (filter.mightContain(state, `out-${i}`)) wrong++
    expect(wrong / 100_000).toBeLessThan(fpp * 1.25)
    expect(filter.expectedFpp(state) / fpp).toBeCloseTo(1, 0)
  })

  it('has the size of Spark', () => {
    // org.apache.spark.util.sketch.BloomFilter: optimalNumOfBits(10^6, 0.03) = 7298440, in words of 64; optimalNumOfHashFunctions = 5.
    expect(bloomFilter({ expectedNumItems: MILLION, fpp: 0.03 })).toMatchObject({ numBits: 7_298_496, numHashFunctions: 5 })
  })

  it('is exact while it is sparse', () => {
    const filter = bloomFilter({ expectedNumItems: 1000, fpp: 0.03 })
    const state = built(filter, [1, 'a', ['a', 1]])
    expect(state.length).toBe(11 + 3 * 8)
    expect([1, 'a', ['a', 1], 2, '1', ['a', 2]].map((value) => filter.mightContain(state, value as Key))).toEqual([true, true, true, false, false, false])
  })
})

describe('countMinSketch', () => {
  it('has the rows and cells of Spark', () => expect(countMinSketch({ eps: 0.001, confidence: 0.99, seed: 1 })).toMatchObject({ depth: 7, width: 2000 }))

  it.each([1, 2, 3])('counts 10^6 values never too low, and too high by more than eps for at most 1 - confidence of them (seed %d)', (seed) => {
    const values = zipf(MILLION, seed)
    const exact = exactCounts(values)
    const sketch = countMinSketch({ eps: 0.001, confidence: 0.95, seed })
    const state = merged(sketch, pieces(values, [300_000]))
    let over = 0
    for (const [value, times] of exact) {
      const count = sketch.estimateCount(state, value)
      if (count < times) throw new Error(`${String(value)} came ${times} times, not ${count}`)
      if (count > times + 0.001 * MILLION) over++
    }
    expect(over / exact.size).toBeLessThan(0.05)
    expect(sketch.totalCount(state)).toBe(MILLION)
  })

  it('is exact while it is sparse', () => {
    const sketch = countMinSketch({ eps: 0.01, confidence: 0.9, seed: 0 })
    const state = built(sketch, ['a', 'b', 'a', 1, 1, 1])
    expect(['a', 'b', 1, '1'].map((value) => sketch.estimateCount(state, value))).toEqual([2, 1, 3, 0])
    expect(sketch.totalCount(state)).toBe(6)
  })
})

describe('hashes', () => {
  it('are equal for equal keys', () => {
    fc.assert(fc.property(anyKey, (key) => secondHash(key) === secondHash(structuredClone(key))))
    expect(secondHash(-0)).toBe(secondHash(0))
    expect(secondHash([-0])).toBe(secondHash([0]))
    expect(new Set([1, '1', 1n, true, null, 'true', ['1'], [1]].map((key) => secondHash(key as Key))).size).toBe(8)
  })
})

describe('refusals', () => {
  const hll = hyperLogLog({ relativeSD: 0.05 })
  it.each([
    ['relativeSD 0', () => hyperLogLog({ relativeSD: 0 }), 'hyperLogLog: relativeSD is the number 0; it must be a number from 0.0011 to 0.39'],
    ['relativeSD NaN', () => hyperLogLog({ relativeSD: NaN }), 'relativeSD is the number NaN'],
    ['relativeAccuracy 2', () => ddSketch({ relativeAccuracy: 2 }), 'relativeAccuracy is the number 2; it must be a number from 0.001 to 0.5'],
    ['capacity 1.5', () => spaceSaving({ capacity: 1.5 }), 'must be a whole number from 1 to 100000'],
    ['fpp 1', () => bloomFilter({ expectedNumItems: 10, fpp: 1 }), 'fpp is the number 1'],
    ['too many bits', () => bloomFilter({ expectedNumItems: 1e9, fpp: 1e-9 }), 'bits; at most 2147483648 fit'],
    ['eps 0', () => countMinSketch({ eps: 0, confidence: 0.9, seed: 1 }), 'eps is the number 0'],
    ['confidence 1', () => countMinSketch({ eps: 0.1, confidence: 1, seed: 1 }), 'confidence is the number 1'],
    ['no seed', () => countMinSketch({ eps: 0.1, confidence: 0.9 } as never), 'seed is undefined'],
  ])('of a parameter: %s', (_name, make, message) => expect(make).toThrow(message))

  it.each([
    ['NaN', () => ddSketch().create(NaN), 'ddSketch got the number NaN; quantiles are of finite numbers'],
    ['Infinity', () => ddSketch().mergeValue(ddSketch().create(1), Infinity), 'ddSketch got the number Infinity'],
    ['a text', () => ddSketch().check('1' as never), 'ddSketch got the string "1"'],
    ['an object', () => hll.check({ a: 1 } as never), 'hyperLogLog: a key is an object'],
    [
      'bytes of another kind',
      () => hll.estimate(ddSketch().create(1)),
      'hyperLogLog got the bytes of a ddSketch; only sketches of one kind and with the same parameters (relativeSD 0.05, precision 9) can be read and merged',
    ],
    ['bytes of nothing', () => hll.estimate(new Uint8Array(10)), 'hyperLogLog got the bytes of no sketch'],
    ['no bytes', () => hll.estimate('x' as never), 'hyperLogLog got the string "x" as a sketch'],
    ['another precision', () => hll.mergeCombiners(hll.create(1), hyperLogLog({ relativeSD: 0.01 }).create(1)), 'a hyperLogLog with other parameters'],
    [
      'another accuracy',
      () => ddSketch().mergeCombiners(ddSketch().create(1), ddSketch({ relativeAccuracy: 0.02 }).create(1)),
      'a ddSketch with other parameters',
    ],
    [
      'another seed',
      () => countMinSketch({ eps: 0.1, confidence: 0.9, seed: 1 }).totalCount(countMinSketch({ eps: 0.1, confidence: 0.9, seed: 2 }).create(1)),
      'other parameters',
    ],
    ['another size', () => bloomFilter({ expectedNumItems: 10 }).mightContain(bloomFilter({ expectedNumItems: 100 }).create(1), 1), 'other parameters'],
    [
      'another capacity',
      () => spaceSaving({ capacity: 2 }).mergeCombiners(spaceSaving({ capacity: 2 }).create(1), spaceSaving({ capacity: 3 }).create(1)),
      'a state of capacity 3',
    ],
    ['a quantile', () => ddSketch().quantile(ddSketch().create(1), 2), 'the quantile is the number 2'],
  ])('of a value: %s', (_name, run, message) => expect(run).toThrow(message))
})
