// Rows must be where an operator looks for them, whatever the number of partitions: the same program, at one and at several.
import { type DStream, defineJob, seconds, type State, type StreamingContext } from 'millrace'
import { runBatches } from 'millrace/testing'
import { describe, expect, it } from 'vitest'

type Batches = readonly (readonly unknown[])[]

const add = (a: number, b: number): number => a + b
const counted = (ssc: StreamingContext) =>
  ssc
    .queueStream([['a', 'b'], ['a']])
    .mapToPair((w) => [w, 1])
    .mapWithState((w, _one, state: State<number>) => {
      state.update((state.getOption() ?? 0) + 1)
      return w
    })
/** Pairs, one of them without a key, as JavaScript makes them. */
const someWithoutKey = (ssc: StreamingContext): DStream<readonly [string, number]> =>
  ssc.queueStream([['a', '', 'b'], ['a']]).map((w) => [w === '' ? undefined : w, 1] as unknown as readonly [string, number])

const CASES: Readonly<Record<string, readonly [build: (ssc: StreamingContext) => DStream<unknown>, batches: Batches]>> = {
  'snapshots whose only reader reduces by key': [
    (ssc) => counted(ssc).stateSnapshots().reduceByKey(add),
    [
      [
        ['a', 1],
        ['b', 1],
      ],
      [
        ['a', 2],
        ['b', 1],
      ],
    ],
  ],
  'snapshots whose reader groups by key behind mapValues, in other partitions': [
    (ssc) =>
      counted(ssc)
        .stateSnapshots()
        .mapValues((n) => n * 10)
        .groupByKey({ numPartitions: 3 }),
    [
      [
        ['a', [10]],
        ['b', [10]],
      ],
      [
        ['a', [20]],
        ['b', [10]],
      ],
    ],
  ],
  'a window of snapshots that is read by key': [
    (ssc) => counted(ssc).stateSnapshots().window(seconds(20)).reduceByKey(add),
    [
      [
        ['a', 1],
        ['b', 1],
      ],
      [
        ['a', 3],
        ['b', 2],
      ],
    ],
  ],
  'a union of numbers of different stages': [
    (ssc) => {
      const words = ssc.queueStream([['a', 'b', 'a'], ['a']])
      return words.count().union(words.countByValue().count())
    },
    [
      [2, 3],
      [1, 1],
    ],
  ],
  'a union of pairs that are by key with numbers': [
    (ssc) => {
      const words = ssc.queueStream([['a', 'b', 'a'], ['a']])
      return words.countByValue().union(words.count().union(words.countByValue().count()))
    },
    [
      [2, 3, ['a', 2], ['b', 1]],
      [1, 1, ['a', 1]],
    ],
  ],
  'a union of pairs in as many partitions, one of which is read by key': [
    (ssc) => {
      const words = ssc.queueStream([['a', 'b', 'a'], ['a']])
      const counts = words.countByValue({ numPartitions: 2 })
      return counts.union(counts.mapValues((n) => -n).reduceByKey(add, { numPartitions: 3 })).reduceByKey(add)
    },
    [
      [
        ['a', 0],
        ['b', 0],
      ],
      [['a', 0]],
    ],
  ],
  'a window that is read by key behind a filter, which drops what has no key': [
    (ssc) =>
      someWithoutKey(ssc)
        .window(seconds(20))
        .filter(([k]) => k !== undefined)
        .reduceByKey(add),
    [
      [
        ['a', 1],
        ['b', 1],
      ],
      [
        ['a', 2],
        ['b', 1],
      ],
    ],
  ],
}

const sorted = (rows: readonly unknown[]): readonly string[] => rows.map((row) => JSON.stringify(row)).sort()

describe.each(Object.entries(CASES))('%s', (_name, [build, batches]) => {
  it.each([1, 2, 4])('in %i partitions', async (numPartitions) => {
    const job = defineJob({ name: 'partitions', batchInterval: seconds(10) }, (ssc) => build(ssc).saveAsJsonFiles('out'))
    const run = await runBatches(job, {}, { numPartitions })
    expect(run.deadLetters).toEqual([])
    expect(run.json('out').map(({ rows }) => sorted(rows))).toEqual(batches.map(sorted))
  })
})

it.each([1, 4])('a row without a key in a window that is read by key is one dead letter, not one for every slide (%i partitions)', async (numPartitions) => {
  const job = defineJob({ name: 'partitions', batchInterval: seconds(10) }, (ssc) =>
    someWithoutKey(ssc).window(seconds(20)).reduceByKey(add).saveAsJsonFiles('out'),
  )
  const run = await runBatches(job, {}, { numPartitions, thenSilence: seconds(30) })
  expect(run.deadLetters.map(({ error }) => error)).toEqual([expect.stringContaining('a key is undefined')])
})
