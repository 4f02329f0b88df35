// Element i of what runBatches is given is batch i + 1, whatever the interval and the number of shards.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text, type DStream, type StreamingContext } from '../../lib/index.ts'
import { runBatches } from '../../lib/testing/index.ts'

const INTERVALS = [1, 2, 3, 4, 5, 12]

/** Rows of an output by number of the batch. */
async function batchesOf(
  interval: number,
  shards: number,
  build: (ssc: StreamingContext) => DStream<unknown>,
): Promise<Readonly<Record<number, readonly unknown[]>>> {
  const job = defineJob({ name: 'batches', batchInterval: seconds(interval) }, (ssc) => build(ssc).saveAsJsonFiles('out'))
  const run = await runBatches(job, {}, { shards })
  expect(run.deadLetters).toEqual([])
  return Object.fromEntries(run.json('out').map(({ timeMs, rows }) => [timeMs / 1000 / interval, rows]))
}

describe.each(INTERVALS)('at an interval of %i s', (interval) => {
  it('streams that begin at different times', async () => {
    const union = (ssc: StreamingContext): DStream<number> => ssc.union([ssc.queueStream([[1], [2]]), ssc.queueStream([[10]]), ssc.queueStream([[], [200]])])
    expect(await batchesOf(interval, 1, union)).toEqual({ 1: [1, 10], 2: [2, 200] })
  })

  it('several shards', async () => {
    const queue = [[1, 2, 3, 4, 5, 6], [7, 8, 9], [10]]
    expect(await batchesOf(interval, 3, (ssc) => ssc.queueStream(queue))).toEqual({ 1: queue[0], 2: queue[1], 3: queue[2] })
  })

  it('a cogroup of two streams', async () => {
    const ages = (ssc: StreamingContext): DStream<unknown> =>
      ssc
        .queueStream([['ann', 'bob'], ['x'], ['y']])
        .mapToPair((name) => [name, 30])
        .cogroup(ssc.queueStream([['ann']]).mapToPair((name) => [name, 'pro']))
    expect(await batchesOf(interval, 1, ages)).toEqual({
      1: [
        ['ann', [[30], ['pro']]],
        ['bob', [[30], []]],
      ],
      2: [['x', [[30], []]]],
      3: [['y', [[30], []]]],
    })
  })
})

it('any elements, shards and faults', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 8 }), { minLength: 1, maxLength: 8 }),
      fc.constantFrom(...INTERVALS),
      fc.integer({ min: 1, max: 8 }),
      fc.nat(),
      async (lines, interval, shards, seed) => {
        const job = defineJob({ name: 'lines', batchInterval: seconds(interval) }, (ssc) => ssc.kinesisStream('lines', text()).saveAsTextFiles('out'))
        const run = await runBatches(job, { lines }, { shards, seed, faults: { duplicateDelivery: 0.3, timeoutAfterCommit: 0.2, staleCache: 0.3 } })
        const put = new Map(run.text('out').map(({ timeMs, lines: some }) => [timeMs / 1000 / interval, some.toSorted()]))
        expect(lines.map((_, i) => put.get(i + 1) ?? [])).toEqual(lines.map((some) => some.toSorted()))
      },
    ),
    { numRuns: 100 },
  )
})

it('goes on until bounded batches have taken all', async () => {
  const job = defineJob({ name: 'bounded', batchInterval: seconds(1), maxRatePerPartition: 2 }, (ssc) =>
    ssc.kinesisStream('lines', text()).saveAsTextFiles('out'),
  )
  const lines = [['a', 'b', 'c'], ['d', 'e', 'f'], ['g']]
  const run = await runBatches(job, { lines })
  expect(run.text('out').flatMap((batch) => batch.lines)).toEqual(lines.flat())
})
