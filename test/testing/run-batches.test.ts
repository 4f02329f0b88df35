import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineJob, json, minutes, seconds, text, type State } from '../../lib/index.ts'
import { runBatches } from '../../lib/testing/index.ts'

const job = defineJob({ name: 'all', batchInterval: seconds(5) }, (ssc) => {
  const words = ssc.kinesisStream('lines', text()).flatMap((line) => line.split(' '))
  words
    .mapToPair((w) => [w, 1])
    .reduceByKey((a, b) => a + b)
    .saveAsJsonFiles('counts')
  words
    .mapToPair((w) => [w, 1])
    .mapWithState(
      (w, n, s: State<number>) => {
        if (n === undefined) return `${w} gone`
        s.update((s.getOption() ?? 0) + n)
        return undefined
      },
      { uid: 'totals', timeout: minutes(1) },
    )
    .saveAsTextFiles('gone')
  words
    .mapToPair((w) => [w.length, w])
    .groupByKey()
    .foreachRDD(() => {}, { uid: 'side' })
})

describe('runBatches', () => {
  it('names batches by their end, keeps state, fires time-outs in the silence after', async () => {
    const run = await runBatches(job, { lines: [['a b'], [], ['a']] }, { thenSilence: minutes(2) })
    expect(run.json('counts').filter((b) => b.rows.length > 0)).toEqual([
      {
        timeMs: 5000,
        rows: [
          ['a', 1],
          ['b', 1],
        ],
      },
      { timeMs: 15_000, rows: [['a', 1]] },
    ])
    expect(run.text('gone').filter((b) => b.lines.length > 0)).toEqual([
      { timeMs: 70_000, lines: ['b gone'] },
      { timeMs: 80_000, lines: ['a gone'] },
    ])
    expect(run.state('totals').size).toBe(0)
    expect(run.computed).toBe(run.foreachCalls)
  })

  it('gives the same results whatever is delivered twice, lost, or stale', async () => {
    const words = fc.array(fc.array(fc.constantFrom('a', 'b b', 'c a', 'dd'), { maxLength: 6 }), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(words, fc.nat(1_000_000), fc.constantFrom(1, 3), fc.constantFrom(1, 4), async (lines, seed, shards, numPartitions) => {
        const calm = await runBatches(job, { lines })
        const storm = await runBatches(
          job,
          { lines },
          { seed, shards, numPartitions, faults: { duplicateDelivery: 0.5, timeoutAfterCommit: 0.3, staleCache: 0.5 } },
        )
        expect(storm.json('counts')).toEqual(calm.json('counts'))
        expect(storm.state('totals')).toEqual(calm.state('totals'))
      }),
      { numRuns: 25 },
    )
  })

  it('runs 64 partitions and two shuffles', async () => {
    const wide = defineJob({ name: 'wide', batchInterval: seconds(1), numPartitions: 64 }, (ssc) => {
      ssc
        .kinesisStream('lines', text())
        .mapToPair((w) => [w, 1])
        .reduceByKey((a, b) => a + b)
        .mapToPair(([w, n]) => [w.length, n])
        .reduceByKey((a, b) => a + b)
        .saveAsJsonFiles('lengths')
    })
    const lines = [Array.from({ length: 300 }, (_, i) => `w${i}`)]
    const run = await runBatches(wide, { lines }, { shards: 8 })
    expect(run.json('lengths')).toEqual([
      {
        timeMs: 1000,
        rows: [
          [2, 10],
          [3, 90],
          [4, 200],
        ],
      },
    ])
    expect(run.computed).toBe(128)
  })

  it.each<[string, unknown, unknown, RegExp]>([
    ['a stream the job does not read', { others: [['a']] }, {}, /stream 'others', which job 'all' does not read; it reads 'lines'/],
    [
      'records that stand in no batch',
      { lines: ['a', 'b'] },
      {},
      /got the string "a" as batch 0 of stream 'lines'; it takes a list of batches, each a list of records/,
    ],
    ['batches that are no list', { lines: 'a' }, {}, /got the string "a" as the batches of stream 'lines'/],
    ['no shards', {}, { shards: 0 }, /shards: the number 0; it must be a whole number from 1 to 1000/],
    ['half a shard', {}, { shards: 1.5 }, /shards: the number 1\.5/],
    ['too many partitions', {}, { numPartitions: 65 }, /numPartitions is 65; it must be a whole number from 1 to 64/],
    ['a seed that is none', {}, { seed: Number.NaN }, /seed: the number NaN; it must be a whole number/],
    ['an impossible probability', {}, { faults: { staleCache: 2 } }, /fault staleCache: the number 2; it must be a probability from 0 to 1/],
    ['a fault that it does not know', {}, { faults: { kill: 1 } }, /the fault 'kill'; it knows duplicateDelivery, timeoutAfterCommit, staleCache/],
    ['an option that it does not know', {}, { shard: 1 }, /the option 'shard'; it knows shards,/],
    ['a silence that is no Duration', {}, { thenSilence: 5000 }, /thenSilence: the number 5000; it must be a Duration/],
  ])('refuses %s', async (_what, input, options, message) => {
    await expect(runBatches(job, input as { lines: string[][] }, options as object)).rejects.toThrow(message)
  })

  it('gets through whatever always goes wrong', async () => {
    const lines = [['a b', 'a'], ['b']]
    const calm = await runBatches(job, { lines })
    const storm = await runBatches(job, { lines }, { shards: 2, faults: { duplicateDelivery: 1, timeoutAfterCommit: 1, staleCache: 1 } })
    expect(storm.json('counts')).toEqual(calm.json('counts'))
  })

  it('throws what a reduce function throws, with its batch and operator', async () => {
    const bad = defineJob({ name: 'bad', batchInterval: seconds(1) }, (ssc) => {
      ssc
        .kinesisStream('rows', json())
        .mapToPair((r) => ['k', r])
        .reduceByKey(() => {
          throw new Error('no sum')
        })
        .print()
    })
    await expect(runBatches(bad, { rows: [[1, 2]] }, { thenSilence: seconds(5) })).rejects.toThrow(/batch 0: operator 'reduceByKey-.*no sum/)
  })
})
