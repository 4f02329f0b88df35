// Which operators let a job sleep in silence, and which put something out in every batch: docs/semantics.md lists them.
import { defineJob, type DStream, minutes, type PairDStream, seconds, type State } from 'millrace'
import { runBatches } from 'millrace/testing'
import { expect, it } from 'vitest'

const plus = (a: number, b: number): number => a + b
const minus = (a: number, b: number): number => a - b
const count = (word: string, _one: number | undefined, state: State<number>): string => (state.isTimingOut() ? `${word} over` : (state.update(1), word))

it.each<[string, 'sleeps' | 'never rests', (pairs: PairDStream<string, number>) => DStream<unknown>]>([
  ['reduceByKey', 'sleeps', (pairs) => pairs.reduceByKey(plus)],
  ['reduce', 'sleeps', (pairs) => pairs.map(([, n]) => n).reduce(plus)],
  ['join', 'sleeps', (pairs) => pairs.join(pairs)],
  ['window', 'sleeps', (pairs) => pairs.window(seconds(30), seconds(20))],
  ['reduceByKeyAndWindow', 'sleeps', (pairs) => pairs.reduceByKeyAndWindow(plus, seconds(30))],
  [
    'reduceByKeyAndWindow with inverse and filter',
    'sleeps',
    (pairs) => pairs.reduceByKeyAndWindow(plus, minus, seconds(30), seconds(10), { filter: ([, n]) => n > 0 }),
  ],
  ['countByValueAndWindow', 'sleeps', (pairs) => pairs.map(([key]) => key).countByValueAndWindow(seconds(30), seconds(10))],
  ['dropDuplicates', 'sleeps', (pairs) => pairs.dropDuplicates(([key]) => key, { within: seconds(20) })],
  ['mapWithState', 'sleeps', (pairs) => pairs.mapWithState(count)],
  ['mapWithState with a time-out', 'sleeps', (pairs) => pairs.mapWithState(count, { timeout: seconds(30) })],
  ['updateStateByKey that forgets all keys', 'sleeps', (pairs) => pairs.updateStateByKey((ns, _s: number | undefined) => (ns.length > 0 ? 1 : undefined))],
  ['count', 'never rests', (pairs) => pairs.count()],
  ['countByWindow', 'never rests', (pairs) => pairs.countByWindow(seconds(30), seconds(10))],
  ['reduceByWindow with an inverse', 'never rests', (pairs) => pairs.map(([, n]) => n).reduceByWindow(plus, minus, seconds(30), seconds(10))],
  ['reduceByKeyAndWindow with an inverse alone', 'never rests', (pairs) => pairs.reduceByKeyAndWindow(plus, minus, seconds(30), seconds(10))],
  ['updateStateByKey that keeps a key', 'never rests', (pairs) => pairs.updateStateByKey((_ns, _s: number | undefined) => 1)],
  ['stateSnapshots', 'never rests', (pairs) => pairs.mapWithState(count).stateSnapshots()],
])('%s %s', async (_name, how, build) => {
  const job = defineJob({ name: 'silence', batchInterval: seconds(10) }, (ssc) =>
    build(ssc.queueStream([['a', 'b'], ['a']]).mapToPair((w) => [w, 1])).saveAsJsonFiles('rows'),
  )
  const batchesAfter = async (silence: number): Promise<number> => (await runBatches(job, {}, { thenSilence: minutes(silence) })).json('rows').length
  const [few, many] = [await batchesAfter(2), await batchesAfter(4)]
  expect(many - few).toBe(how === 'sleeps' ? 0 : 12)
})

it('a batch without effect between two windows does not end what runs in every batch', async () => {
  // Windows of 2 batches every 3: what counts in batch 1 no window sees, what counts in batches 2 and 3 the first one does.
  const job = defineJob({ name: 'silence', batchInterval: seconds(10) }, (ssc) =>
    ssc
      .queueStream<string>([[], [], [], [], [], ['a']])
      .count()
      .window(seconds(20), seconds(30))
      .saveAsJsonFiles('out'),
  )
  const run = await runBatches(job, {})
  expect(run.json('out')).toEqual([
    { timeMs: 30_000, rows: [0, 0] },
    { timeMs: 60_000, rows: [0, 1] },
  ])
})
