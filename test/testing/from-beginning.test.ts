// Operators that run in every batch run from the first one on, whether it has records or not: as Spark's do.
import { defineJob, seconds, type DStream, type State, type StaticTable, type StreamingContext } from 'millrace'
import { runBatches } from 'millrace/testing'
import { describe, expect, it } from 'vitest'

/** Counts its calls: once in every batch. */
const add = (_values: readonly number[], sum: number | undefined): number => (sum ?? 0) + 1
const initialState = (ssc: StreamingContext): StaticTable<string, number> => ssc.staticTable('t', async () => [['x', 0]])

async function rowsOf(build: (ssc: StreamingContext) => DStream<unknown>): Promise<Readonly<Record<number, readonly unknown[]>>> {
  const job = defineJob({ name: 'j', batchInterval: seconds(10) }, (ssc) => build(ssc).saveAsJsonFiles('out'))
  const run = await runBatches(job, {})
  return Object.fromEntries(run.json('out').flatMap(({ timeMs, rows }) => (rows.length === 0 ? [] : [[timeMs / 10_000, rows]])))
}

describe('before the first record', () => {
  it.each<[string, (ssc: StreamingContext) => DStream<unknown>, Readonly<Record<number, readonly unknown[]>>]>([
    ['count counts nothing', (ssc) => ssc.queueStream<string>([[], [], ['a'], []]).count(), { 1: [0], 2: [0], 3: [1], 4: [0] }],
    [
      'windows hold its zeros',
      (ssc) =>
        ssc
          .queueStream<string>([[], [], ['a'], []])
          .count()
          .window(seconds(30)),
      { 1: [0], 2: [0, 0], 3: [0, 0, 1], 4: [0, 1, 0].toSorted() },
    ],
    [
      'initial states are updated',
      (ssc) =>
        ssc
          .queueStream<string>([[], ['a']])
          .mapToPair((w) => [w, 1])
          .updateStateByKey(add, { initialState: initialState(ssc) }),
      {
        1: [['x', 1]],
        2: [
          ['a', 1],
          ['x', 2],
        ],
      },
    ],
    [
      'at a slide of two, too',
      (ssc) =>
        ssc
          .queueStream<string>([['a'], [], [], ['b']])
          .window(seconds(10), seconds(20))
          .mapToPair((w) => [w, 1])
          .updateStateByKey(add, { initialState: initialState(ssc) }),
      {
        2: [['x', 1]],
        4: [
          ['b', 1],
          ['x', 2],
        ],
      },
    ],
    [
      'snapshots show initial states',
      (ssc) =>
        ssc
          .queueStream<string>([[], ['a']])
          .mapToPair((w) => [w, 1])
          .mapWithState((_w, n, s: State<number>) => s.update((s.getOption() ?? 0) + (n ?? 0)), { initialState: initialState(ssc) })
          .stateSnapshots(),
      {
        1: [['x', 0]],
        2: [
          ['a', 1],
          ['x', 0],
        ],
      },
    ],
  ])('%s', async (_, build, expected) => {
    const rows = await rowsOf(build)
    expect(Object.fromEntries(Object.entries(rows).map(([k, list]) => [k, list.toSorted()]))).toEqual(expected)
  })

  it('every other job writes nothing', async () => {
    const job = defineJob({ name: 'j', batchInterval: seconds(10) }, (ssc) => ssc.queueStream<string>([[], [], ['a']]).saveAsJsonFiles('out'))
    expect((await runBatches(job, {})).json('out').map(({ timeMs }) => timeMs)).toEqual([30_000])
  })
})
