// This file is long because each statistic has a table of its own.
// Statistics that go along with a stream: each against its formula on a table, or on what it is for. The t distribution against @stdlib, random numbers against Spark's.
import { createRequire } from 'node:module'
import * as fc from 'fast-check'
import { defineJob, json, seconds } from 'millrace'
import {
  adwin,
  detectAll,
  detectByKey,
  exponential,
  pageHinkley,
  robustZScore,
  seasonalBaseline,
  StreamingTest,
  summary,
  twoSidedP,
  XORShiftRandom,
  zScore,
  presumption,
  incompleteBeta,
} from 'millrace/ml'
import { runBatches } from 'millrace/testing'
import { describe, expect, it } from 'vitest'
import { sampler } from '../../lib/ml/sampler.ts'
import { randomOf } from '../vectors/random.ts'

const cdf = createRequire(import.meta.url)('@stdlib/stats-base-dists-t-cdf') as (t: number, df: number) => number
const normal = (seed: number): (() => number) => {
  const random = randomOf(seed)
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
const many = (n: number, next: (i: number) => number): readonly number[] => Array.from({ length: n }, (_, i) => next(i))

describe('twoSidedP', () => {
  it.each([
    [0.5, 1],
    [2.5, 2],
    [3, 4],
    [12, 4],
    [2.1, 17.3],
    [4.2, 98],
    [8, 998],
    [0.01, 5],
    [40, 30],
  ])('of t = %d with %d degrees of freedom is that of @stdlib', (t, df) => {
    const exact = 2 * cdf(-t, df)
    expect(Math.abs(twoSidedP(t, df) / exact - 1)).toBeLessThan(1e-12)
    expect(twoSidedP(-t, df)).toBe(twoSidedP(t, df))
  })
  it('knows closed forms: Cauchy, and two degrees of freedom', () => {
    for (const t of [0.1, 1, 3, 30]) {
      expect(twoSidedP(t, 1)).toBeCloseTo(1 - (2 * Math.atan(t)) / Math.PI, 13)
      expect(twoSidedP(t, 2)).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 13)
    }
    expect([twoSidedP(0, 5), twoSidedP(Infinity, 5), incompleteBeta(1, 1, 0.3)]).toEqual([1, 0, expect.closeTo(0.3, 14)])
    expect(twoSidedP(NaN, 5)).toBeNaN()
  })
})

it('XORShiftRandom draws the numbers of Spark 4.0.0', () => {
  // new org.apache.spark.util.random.XORShiftRandom(seed).nextGaussian(), six times; raw bits. Printed by the class of spark-core_2.13-4.0.0.jar.
  const SPARK = `0 3ff9a7eebc759392 3fc273d63f1acf95 bfe402eb87901ade bfd22aaa92d82033 3fedddffc58abf9c bfeff1243cb6a839
1 3ffaf3f65dde5a4d 3ff3a4473f5e0039 3fe78dd49a297fcc 3fdcda543dea2c6e bfd98dbcb345d63c bfe25f893bed1d6f
42 40031369c11fb3d8 3fc896844441a60d 3fe77abeffa0ad8d bfe0b7e4e8bd739f 40007b0d6a096aab 3fcad54817be937e
-7 3fdd90f5bda71ed9 bff0ce2397871056 bfee970cff137470 bffc747ccac908ff bff12d5c9e45bbb6 3fe2aa725ff27f7f
123456789012345 3f9d1527d5700b94 bff3cca867f25ebe bfe001381b60ec02 bfec51e072d1e9f7 3fd3030ba0e4369c 3ff6e8d413fa78d7
-9223372036854775808 bff37c27847a3a36 3fd7a676e48f0be5 bfd418f2e1372083 bfb84dcb32545082 3fb69dc1145cd182 3ff482ec3b6f7c67`
  for (const line of SPARK.split('\n')) {
    const [seed, ...bits] = line.split(' ')
    const random = new XORShiftRandom(BigInt(seed!))
    expect(bits.map(() => random.nextGaussian())).toEqual(bits.map((hex) => Buffer.from(hex, 'hex').readDoubleBE()))
  }
})

it('a sample has the fraction that was asked for, and is the same for the same seed and time', () => {
  const draw = (seed: number, time: number): readonly boolean[] => {
    const isIn = sampler(0.3, seed, time)
    return Array.from({ length: 20_000 }, () => isIn())
  }
  const [one, again, other, later] = [draw(43, 1e12), draw(43, 1e12), draw(44, 1e12), draw(43, 1e12 + 1000)]
  expect(again).toEqual(one)
  for (const [a, b] of [
    [one, other],
    [one, later],
  ] as const)
    expect(a.filter((x, i) => x === b[i]).length / 20_000).toBeCloseTo(0.3 ** 2 + 0.7 ** 2, 1)
  for (const sample of [one, other, later]) expect(sample.filter(Boolean).length / 20_000).toBeCloseTo(0.3, 1)
})

describe('summary', () => {
  const s = summary()
  it('is count, mean, variance, least and greatest', () => {
    const of = [2, 4, 4, 4, 5, 5, 7, 9].slice(1).reduce(s.mergeValue, s.create(2))
    expect({ ...of, variance: s.variance(of), sample: s.variance(of, { sample: true }) }).toEqual({
      count: 8,
      mean: 5,
      m2: 32,
      min: 2,
      max: 9,
      variance: 4,
      sample: 32 / 7,
    })
  })
  it('is merged to what it would be in one piece', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 50 }), fc.nat(), (values, at) => {
        const cut = 1 + (at % (values.length - 1))
        const of = (part: readonly number[]) => part.slice(1).reduce(s.mergeValue, s.create(part[0]!))
        const [whole, merged] = [of(values), s.mergeCombiners(of(values.slice(0, cut)), of(values.slice(cut)))]
        const mean = values.reduce((sum, x) => sum + x, 0) / values.length
        const exact = values.reduce((sum, x) => sum + (x - mean) ** 2, 0)
        for (const found of [whole, merged]) {
          expect(found).toMatchObject({ count: values.length, min: Math.min(...values), max: Math.max(...values) })
          expect(Math.abs(found.mean - mean)).toBeLessThanOrEqual(1e-9 * 1e6)
          expect(Math.abs(found.m2 - exact)).toBeLessThanOrEqual(1e-9 * Math.max(exact, 1e6))
        }
      }),
    )
  })
  it('does not lose small differences of large numbers', () => {
    const values = [1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]
    expect(s.variance(values.slice(1).reduce(s.mergeValue, s.create(values[0]!)))).toBe(22.5)
  })
})

describe('detectors', () => {
  it('exponential: mean and variance by their formula', () => {
    // d = 10, mean = 0 + 0.5 * 10, variance = 0.5 * (0 + 0.5 * 100); then d = -5.
    expect(detectAll([0, 10, 0], exponential({ alpha: 0.5 }))).toEqual([
      { mean: 0, variance: 0 },
      { mean: 5, variance: 25 },
      { mean: 2.5, variance: 18.75 },
    ])
    const halved = detectAll([0, 1, 1, 1], exponential({ halfLife: 3 })).at(-1)!
    expect(halved.mean).toBeCloseTo(0.5, 12)
  })

  it('zScore: against all values before', () => {
    expect(detectAll([1, 3, 2, 5], zScore({ minCount: 3 })).map(({ score }) => score)).toEqual([0, 0, 0, 3])
    expect(detectAll([4, 4, 4, 5, 5], zScore()).map(({ score }) => score)).toEqual([0, 0, 0, Infinity, (5 - 4.25) / 0.5])
  })

  it('robustZScore: a wild value does not hide the next', () => {
    // Median of 1..9 is 5, the median distance from it 2.
    const scores = detectAll([1, 2, 3, 4, 5, 6, 7, 8, 9, 1000, 25], robustZScore({ size: 10, minCount: 9 })).map(({ score }) => score)
    expect(scores.slice(0, 9)).toEqual(many(9, () => 0))
    expect(scores[9]).toBeCloseTo((0.6745 * 995) / 2, 10)
    // Of 1..9 and 1000: median 5.5, distances 0.5 0.5 1.5 1.5 2.5 2.5 3.5 3.5 4.5 994.5.
    expect(scores[10]).toBeCloseTo((0.6745 * 19.5) / 2.5, 10)
  })

  it('seasonalBaseline: what is usual on Mondays at 8 is not odd on Mondays at 8', () => {
    const monday = Date.UTC(2024, 0, 1, 8)
    const week = 7 * 24 * 3_600_000
    const values = [10, 12, 14].map((value, i) => ({ value, at: monday + i * week }))
    const [, , , usual, odd, other] = detectAll(
      [...values, { value: 12, at: monday + 3 * week + 59 * 60_000 }, { value: 22, at: monday + 4 * week }, { value: 22, at: monday + 4 * week + 3_600_000 }],
      seasonalBaseline(),
    )
    expect(usual).toEqual({ value: 12, at: monday + 3 * week + 59 * 60_000, slot: 8, expected: 12, score: 0 })
    expect(odd).toMatchObject({ slot: 8, expected: 12, score: 10 / Math.sqrt(8 / 3) })
    expect(other).toMatchObject({ slot: 9, expected: null, score: 0 })
    expect(detectAll([{ value: 1, at: Date.UTC(1969, 11, 29) }], seasonalBaseline())[0]!.slot).toBe(0)
  })

  it.each([
    ['pageHinkley', () => pageHinkley({ delta: 0.2, lambda: 30 })],
    ['adwin', () => adwin()],
  ] as const)('%s: notices a change of the mean, soon, and nothing where there is none', (_name, make) => {
    for (const seed of [1, 2, 3]) {
      const next = normal(seed)
      const calm = detectAll(many(3000, next), make() as ReturnType<typeof adwin>)
      expect(calm.filter(({ drift }) => drift)).toHaveLength(0)
      for (const by of [1.5, -1.5]) {
        const found = detectAll(
          many(2000, (i) => next() + (i < 1000 ? 0 : by)),
          make() as ReturnType<typeof adwin>,
        ).findIndex(({ drift }) => drift)
        expect(found).toBeGreaterThanOrEqual(1000)
        expect(found).toBeLessThan(1100)
      }
    }
  })

  it('adwin: its mean and width are those of the values that are left, in few buckets', () => {
    const next = normal(9)
    const values = many(4000, (i) => next() + (i < 2000 ? 0 : 5))
    const { width, mean } = detectAll(values, adwin()).at(-1)!
    expect(width).toBeLessThanOrEqual(2000 + 32)
    expect(width).toBeGreaterThan(1900)
    const left = values.slice(-width)
    expect(mean).toBeCloseTo(left.reduce((sum, x) => sum + x, 0) / width, 9)
    let state = adwin().initial
    for (const value of values) ({ state } = adwin().next(state, value))
    expect(state.length).toBeLessThan(5 * 13)
  })

  it('go along with a stream by key, and send what is no number to the dead letters', async () => {
    const job = defineJob({ name: 'odd', batchInterval: seconds(10) }, (ssc) => {
      const pairs = ssc.kinesisStream('rows', json()).mapToPair((row) => row as [string, number])
      detectByKey(pairs, zScore({ minCount: 3 }), { uid: 'odd' })
        .filter(([, { score }]) => Math.abs(score) > 2.5)
        .saveAsJsonFiles('odd')
    })
    const run = await runBatches(job, {
      rows: [
        [
          ['a', 1],
          ['b', 5],
          ['a', 3],
        ],
        [
          ['a', 2],
          ['a', 'x'],
          ['b', 5],
        ],
        [
          ['a', 5],
          ['b', 5],
        ],
      ],
    })
    expect(run.json('odd').flatMap(({ rows }) => rows)).toEqual([['a', { value: 5, score: 3 }]])
    expect(run.deadLetters.map(({ error }) => error)).toEqual([expect.stringContaining('zScore got the string "x"; it takes finite numbers')])
  })

  it.each([
    ['exponential', () => exponential({}), 'exponential: alpha is the number NaN; it must be a number more than 0 and at most 1'],
    ['exponential', () => exponential({ alpha: 0.5, halfLife: 3 }), 'exponential: it got alpha 0.5 and halfLife 3; they say the same: give one'],
    ['zScore', () => zScore({ minCount: 1 }), 'zScore: minCount is the number 1; it must be a whole number at least 2'],
    ['robustZScore', () => robustZScore({ size: 5, minCount: 6 }), 'robustZScore: minCount is the number 6'],
    ['seasonalBaseline', () => seasonalBaseline({ slots: 0 }), 'seasonalBaseline: slots is the number 0'],
    ['pageHinkley', () => pageHinkley({ lambda: 0 }), 'pageHinkley: lambda is the number 0'],
    ['adwin', () => adwin({ delta: 2 }), 'adwin: delta is the number 2'],
    ['StreamingTest', () => new StreamingTest({ testMethod: 'z' as never }), "StreamingTest: testMethod is the string \"z\"; it must be 'welch' or 'student'"],
    ['StreamingTest', () => new StreamingTest({ windowSize: -1 }), 'StreamingTest: windowSize is the number -1'],
  ])('%s refuses a bad parameter', (_name, make, message) => expect(make).toThrow(message))
})

describe('StreamingTest', () => {
  it('counts silent intervals from the first sample on, in peace period and window', async () => {
    const job = defineJob({ name: 'test', batchInterval: seconds(10) }, (ssc) => {
      const samples = ssc.kinesisStream('samples', json()).map((row) => row as [boolean, number])
      new StreamingTest({ testMethod: 'student', peacePeriod: 2, uid: 'peace' })
        .registerStream(samples)
        .map(({ degreesOfFreedom }) => degreesOfFreedom + 2)
        .saveAsJsonFiles('peace')
      new StreamingTest({ testMethod: 'student', windowSize: 3, uid: 'window' })
        .registerStream(samples)
        .map(({ degreesOfFreedom }) => degreesOfFreedom + 2)
        .saveAsJsonFiles('window')
    })
    const two = [
      [false, 1],
      [true, 2],
      [false, 3],
      [true, 5],
    ]
    const run = await runBatches(job, { samples: [[], two, [], two, two, [], [], two] }, { numPartitions: 2 })
    const counts = (prefix: string): unknown =>
      run
        .json(prefix)
        .filter(({ rows }) => rows.length > 0)
        .map(({ timeMs, rows }) => [timeMs / 10_000, rows[0]])
    // First sample in batch 2: batches 2 and 3 are peace.
    expect(counts('peace')).toEqual([
      [4, 4],
      [5, 8],
      [8, 12],
    ])
    expect(counts('window')).toEqual([
      [2, 4],
      [4, 8],
      [5, 8],
      [8, 4],
    ])
  })

  it('has one test for each key, and dead letters for what is no sample', async () => {
    const job = defineJob({ name: 'test', batchInterval: seconds(10) }, (ssc) => {
      const samples = ssc.kinesisStream('samples', json()).mapToPair((row) => row as [string, [boolean, number]])
      new StreamingTest({ uid: 'tests' })
        .registerStreamByKey(samples)
        .mapValues(({ pValue }) => pValue < 0.05)
        .saveAsJsonFiles('found')
    })
    const next = normal(1)
    const rows = many(200, (i) => i).flatMap((i) => [
      ['same', [i % 2 === 0, next()]],
      ['other', [i % 2 === 0, next() + (i % 2 === 0 ? 2 : 0)]],
    ])
    const run = await runBatches(job, { samples: [[...rows, ['same', [1, 2]], ['same', [true, null]]]] }, { numPartitions: 3, shards: 2 })
    expect(run.json('found')[0]!.rows).toEqual([
      ['other', true],
      ['same', false],
    ])
    expect(run.deadLetters.map(({ error }) => error).sort()).toEqual([
      expect.stringContaining('StreamingTest got [the number 1, the number 2]; a sample is'),
      expect.stringContaining('StreamingTest got [true, null]'),
    ])
  })

  it('says how strong a presumption is, as Spark does', () => {
    expect([0.005, 0.03, 0.08, 0.5].map((pValue) => presumption({ pValue } as never))).toEqual([
      'Very strong presumption against null hypothesis',
      'Strong presumption against null hypothesis',
      'Low presumption against null hypothesis',
      'No presumption against null hypothesis',
    ])
  })
})
