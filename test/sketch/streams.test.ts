// Sketches as operators of jobs: against exact answers folded from the input, however the rows are partitioned, delivered and repeated.
import { defineJob, type Job, json, seconds, type StreamingContext } from 'millrace'
import {
  bloomFilter,
  countApproxDistinct,
  countApproxDistinctByKey,
  countApproxDistinctByKeyAndWindow,
  countApproxDistinctByWindow,
  countMinSketch,
  hyperLogLog,
  quantilesByKey,
  quantilesByKeyAndWindow,
  sketchByKey,
  topK,
  topKByWindow,
} from 'millrace/sketch'
import { runBatches, type Result } from 'millrace/testing'
import { describe, expect, it } from 'vitest'

interface Visit {
  readonly page: string
  readonly user: number
  readonly ms: number
}

/** Four batches; few pages, many users, some of them again in later batches. */
const BATCHES: readonly (readonly Visit[])[] = [1, 2, 0, 3].map((many, batch) =>
  Array.from({ length: many * 400 }, (_, i) => ({ page: `/${i % 5}`, user: (i * 31 + batch * 97) % 1500, ms: ((i * 7919) % 1000) + 1 })),
)
const LAYOUTS = [
  { numPartitions: 1, shards: 1 },
  { numPartitions: 4, shards: 3, seed: 7, faults: { duplicateDelivery: 0.5, timeoutAfterCommit: 0.3, staleCache: 0.3 } },
] as const

function jobOf(build: (visits: ReturnType<typeof visitsOf>) => void): Job {
  return defineJob({ name: 'sketches', batchInterval: seconds(10) }, (ssc) => build(visitsOf(ssc)))
}
const visitsOf = (ssc: StreamingContext) => ssc.kinesisStream('visits', json()).map((visit) => visit as Visit)

const rowsAt = (run: Result, prefix: string): Map<number, readonly unknown[]> => new Map(run.json(prefix).map(({ timeMs, rows }) => [timeMs / 10_000, rows]))
/** The visits of the last `n` batches. */
const last = (batch: number, n: number): readonly Visit[] => BATCHES.slice(Math.max(0, batch - n), batch).flat()
const pages = (visits: readonly Visit[]): readonly string[] => [...new Set(visits.map(({ page }) => page))].sort()
const of = (visits: readonly Visit[], page: string): readonly Visit[] => visits.filter((visit) => visit.page === page)

function near(found: unknown, exact: number, part: number): void {
  expect(Math.abs((found as number) - exact)).toBeLessThanOrEqual(Math.max(part * Math.abs(exact), 1e-12))
}

describe.each(LAYOUTS)('with $numPartitions partitions and $shards shards', ({ numPartitions, ...options }) => {
  const run = (job: Job): Promise<Result> => runBatches(job, { visits: BATCHES }, { numPartitions, ...options })

  it('distinct values are within five standard deviations, by key, in all, and in windows', async () => {
    const result = await run(
      jobOf((visits) => {
        const pairs = visits.mapToPair(({ page, user }) => [page, user])
        const users = visits.map(({ user }) => user)
        countApproxDistinctByKey(pairs, { relativeSD: 0.02 }).saveAsJsonFiles('by-key')
        countApproxDistinctByKeyAndWindow(pairs, seconds(20), seconds(10), { relativeSD: 0.02, uid: 'window' }).saveAsJsonFiles('window')
        countApproxDistinct(users, { relativeSD: 0.02 }).saveAsJsonFiles('all')
        countApproxDistinctByWindow(users, seconds(40), seconds(40), { relativeSD: 0.02 }).saveAsJsonFiles('all-window')
      }),
    )
    const [byKey, window, all, allWindow] = ['by-key', 'window', 'all', 'all-window'].map((prefix) => rowsAt(result, prefix)) as [
      Map<number, readonly unknown[]>,
      ...Map<number, readonly unknown[]>[],
    ]
    for (const batch of [1, 2, 4]) {
      for (const [rows, visits] of [
        [byKey.get(batch), last(batch, 1)],
        [window!.get(batch), last(batch, 2)],
      ] as const) {
        expect((rows as [string, number][]).map(([page]) => page).sort()).toEqual(pages(visits))
        for (const [page, n] of rows as [string, number][]) near(n, new Set(of(visits, page).map(({ user }) => user)).size, 0.1)
      }
      near(all!.get(batch)![0], new Set(last(batch, 1).map(({ user }) => user)).size, 0.1)
    }
    near(allWindow!.get(4)![0], new Set(last(4, 4).map(({ user }) => user)).size, 0.1)
    expect(all!.get(3) ?? []).toEqual([])
    expect(result.deadLetters).toEqual([])
  })

  it('quantiles are within the accuracy asked for', async () => {
    const result = await run(
      jobOf((visits) => {
        const pairs = visits.mapToPair(({ page, ms }) => [page, ms])
        quantilesByKey(pairs, [0, 0.5, 0.99]).saveAsJsonFiles('batch')
        quantilesByKeyAndWindow(pairs, [0.25, 1], seconds(30), seconds(10), { relativeAccuracy: 0.05, uid: 'window' }).saveAsJsonFiles('window')
      }),
    )
    for (const [prefix, qs, width, accuracy] of [
      ['batch', [0, 0.5, 0.99], 1, 0.01],
      ['window', [0.25, 1], 3, 0.05],
    ] as const) {
      for (const batch of [1, 2, 4]) {
        const rows = rowsAt(result, prefix).get(batch) as [string, number[]][]
        expect(rows.map(([page]) => page).sort()).toEqual(pages(last(batch, width)))
        for (const [page, found] of rows) {
          const sorted = of(last(batch, width), page)
            .map(({ ms }) => ms)
            .sort((a, b) => a - b)
          qs.forEach((q, i) => near(found[i], sorted[Math.floor(q * (sorted.length - 1))]!, accuracy * 1.000001))
        }
      }
    }
  })

  it('the top k are those of an exact count while their number fits', async () => {
    const result = await run(
      jobOf((visits) => {
        topK(
          visits.map(({ page }) => page),
          3,
        ).saveAsJsonFiles('batch')
        topKByWindow(
          visits.map(({ page, user }) => [page, user % 3] as const),
          4,
          seconds(20),
          seconds(20),
          { uid: 'window' },
        ).saveAsJsonFiles('window')
      }),
    )
    const exact = (values: readonly (string | readonly [string, number])[], k: number): readonly unknown[] => {
      const counts = new Map<string, number>()
      for (const value of values) counts.set(JSON.stringify(value), (counts.get(JSON.stringify(value)) ?? 0) + 1)
      return [...counts]
        .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
        .slice(0, k)
        .map(([value, count]) => ({ value: JSON.parse(value), count, error: 0 }))
    }
    for (const batch of [1, 2, 4])
      expect(rowsAt(result, 'batch').get(batch)).toEqual(
        exact(
          last(batch, 1).map(({ page }) => page),
          3,
        ),
      )
    for (const batch of [2, 4])
      expect(rowsAt(result, 'window').get(batch)).toEqual(
        exact(
          last(batch, 2).map(({ page, user }) => [page, user % 3] as const),
          4,
        ),
      )
  })

  it('any sketch can be built by key, and kept in a state', async () => {
    const seen = bloomFilter({ expectedNumItems: 500, fpp: 0.01 })
    const hits = countMinSketch({ eps: 0.01, confidence: 0.99, seed: 3 })
    const result = await run(
      jobOf((visits) => {
        const pairs = visits.mapToPair(({ page, user }) => [page, user])
        sketchByKey(pairs, seen)
          .mapValues((filter) => [seen.mightContain(filter, 97), seen.mightContain(filter, -1)])
          .saveAsJsonFiles('bloom')
        sketchByKey(pairs, hits)
          .updateStateByKey((fresh, all: Uint8Array | undefined) => [...(all === undefined ? [] : [all]), ...fresh].reduce(hits.mergeCombiners), {
            uid: 'hits',
          })
          .mapValues((sketch) => [hits.totalCount(sketch), hits.estimateCount(sketch, 97)])
          .saveAsJsonFiles('hits')
      }),
    )
    for (const batch of [1, 2, 4]) {
      for (const [page, [has, hasNot]] of rowsAt(result, 'bloom').get(batch) as [string, [boolean, boolean]][]) {
        if (of(last(batch, 1), page).some(({ user }) => user === 97)) expect(has).toBe(true)
        expect(hasNot).toBe(false)
      }
      for (const [page, [total, times]] of rowsAt(result, 'hits').get(batch) as [string, [number, number]][]) {
        const visits = of(last(batch, 9), page)
        expect(total).toBe(visits.length)
        const exact = visits.filter(({ user }) => user === 97).length
        expect(times).toBeGreaterThanOrEqual(exact)
        expect(times).toBeLessThanOrEqual(exact + 0.01 * total)
      }
    }
  })
})

it('results are the same bytes for every layout, but for heavy hitters beyond their capacity', async () => {
  const job = jobOf((visits) => {
    sketchByKey(
      visits.mapToPair(({ page, ms }) => [page, ms]),
      bloomFilter({ expectedNumItems: 50 }),
    )
      .mapValues((bytes) => Buffer.from(bytes).toString('hex'))
      .saveAsJsonFiles('bytes')
  })
  const [calm, storm] = await Promise.all(LAYOUTS.map((layout) => runBatches(job, { visits: BATCHES }, layout)))
  const sorted = (result: Result): readonly unknown[] => result.json('bytes').map(({ timeMs, rows }) => [timeMs, [...rows].sort()])
  expect(sorted(calm!)).toEqual(sorted(storm!))
})

describe.each([10, 25, 40, 200])('a sketch of %d values that two operators read', (n) => {
  it.each<readonly [string, boolean, number]>([
    ['merged behind a shuffle', false, 2],
    ['built where the rows already are', true, 1],
  ])('is not changed by the one that adds to it: %s', async (_how, there, shards) => {
    const sketch = hyperLogLog({ relativeSD: 0.1 })
    const numPartitions = 2
    const job = jobOf((visits) => {
      const users = visits.mapToPair(({ user }) => ['all', user])
      const built = sketchByKey(there ? users.groupByKey({ numPartitions }).flatMapValues((values) => values) : users, sketch, { numPartitions })
      built.mapValues((bytes) => sketch.estimate(Array.from({ length: 1000 }, (_, i) => -i).reduce(sketch.mergeValue, bytes))).saveAsJsonFiles('more')
      built.mapValues((bytes) => sketch.estimate(bytes)).saveAsJsonFiles('plain')
    })
    const run = await runBatches(job, { visits: [Array.from({ length: n }, (_, i) => ({ page: '/', user: i + 1, ms: 1 }))] }, { numPartitions: 1, shards })
    const [[, found]] = rowsAt(run, 'plain').get(1) as unknown as readonly [readonly [string, number]]
    near(found, n, 0.5)
  })
})

it('what a sketch cannot take is a dead letter, and the rest is computed', async () => {
  const job = defineJob({ name: 'bad', batchInterval: seconds(10) }, (ssc) => {
    const numbers = ssc.kinesisStream('numbers', json()).map((row) => row as string)
    quantilesByKey(
      numbers.mapToPair((text) => ['all', Number(text)]),
      [0.5],
    ).saveAsJsonFiles('median')
    countApproxDistinct(numbers.map((text) => (text === '{}' ? ({} as never) : text))).saveAsJsonFiles('distinct')
  })
  const result = await runBatches(job, { numbers: [['1', 'x', '1', '{}'].map((text) => JSON.stringify(text))] })
  near((result.json('median')[0]!.rows[0] as [string, number[]])[1][0], 1, 0.01)
  expect(result.deadLetters.map(({ error }) => error)).toEqual([
    expect.stringContaining('ddSketch got the number NaN; quantiles are of finite numbers: filter out what is none'),
    expect.stringContaining('ddSketch got the number NaN'),
  ])
})

it.each([
  [
    'no probabilities',
    (ssc: StreamingContext) =>
      quantilesByKey(
        ssc.queueStream([[1]]).mapToPair((n) => [n, n]),
        [],
      ),
    'quantilesByKey got an array of 0 as its probabilities',
  ],
  [
    'a probability of 99',
    (ssc: StreamingContext) =>
      quantilesByKey(
        ssc.queueStream([[1]]).mapToPair((n) => [n, n]),
        [99],
      ),
    'a probability is the number 99; it must be a number from 0 to 1',
  ],
  ['a k of 0', (ssc: StreamingContext) => topK(ssc.queueStream([[1]]), 0), 'topK: k is the number 0'],
  [
    'a capacity below k',
    (ssc: StreamingContext) => topK(ssc.queueStream([[1]]), 10, { capacity: 5 }),
    'topK: capacity is the number 5; it must be a whole number from 10 to 100000',
  ],
  ['a relativeSD of 2', (ssc: StreamingContext) => countApproxDistinct(ssc.queueStream([[1]]), { relativeSD: 2 }), 'hyperLogLog: relativeSD is the number 2'],
])('a program with %s does not start', async (_name, build, message) => {
  await expect(
    runBatches(
      defineJob({ name: 'no', batchInterval: seconds(10) }, (ssc) => build(ssc).print()),
      {},
    ),
  ).rejects.toThrow(message)
})
