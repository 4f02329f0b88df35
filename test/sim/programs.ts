// The programs that are simulated. What each means is in folds.ts.
import { defineJob, type DStream, type PairDStream, type Sink, type State } from '../../lib/index.ts'
import type { Effect } from './effects.ts'
import { foldCounting, foldDouble, foldKeyed, foldRestless, foldSingle, foldStateless, foldWindows, NAMES, type Rec } from './folds.ts'
import { learned } from './learned.ts'
import { recsOf, timesOf, type Program } from './program.ts'

const sum = (a: number, b: number): number => a + b
const pairsOf = (recs: DStream<Rec>): PairDStream<string, number> => recs.mapToPair((r) => [r.key, r.n])

/** A sink by the rule of docs/sinks.md. */
const effectSink = (effect: Effect): Sink<unknown> => ({
  name: 'effect',
  guarantee: 'exactly-once',
  write: async (rows, { run, time, partition, partitions }) =>
    effect(`${time.milliseconds}/${partition}`, rows, { scope: `${run}/${partitions}/${partition}`, timeMs: time.milliseconds }),
})
/** Deploys change the number of partitions, up and down: states move. */
function moving(partitions: number, version: number): number {
  return version === 2 ? partitions + 1 : partitions
}

/** One stream: sums, sliding windows with an inverse, state with time-outs, a second shuffle, foreachRDD. */
function single(partitions: number, intervalMs: number): Program {
  const { interval, slide, window, timeout } = timesOf(intervalMs)
  return {
    streams: ['a'],
    always: ['ids', 'sums', 'windows', 'state'],
    restless: false,
    job: (version, effect) =>
      defineJob({ name: 'single', batchInterval: interval, numPartitions: moving(partitions, version) }, (ssc) => {
        const [recs] = recsOf(ssc, 'a') as [DStream<Rec>]
        const pairs = pairsOf(recs)
        const summed = pairs.reduceByKey(sum)
        summed.saveAsJsonFiles('sums')
        summed.foreachRDD((rdd, batch) => effect(batch.id, rdd.collect()), { perPartition: true, uid: 'effect' })
        pairs.reduceByKeyAndWindow(sum, (a, b) => a - b, window, slide, { uid: 'windows', filter: ([, n]) => n > 0 }).saveAsJsonFiles('windows')
        recs
          .mapToPair((r) => [r.key, r.id])
          .mapWithState(
            (key, id, state: State<string[]>) => {
              if (id === undefined) return [key, 'over', state.get().length] as const
              const ids = [...(state.getOption() ?? []), id]
              state.update(ids)
              return [key, id, ids.length] as const
            },
            { uid: 'ids', timeout: timeout },
          )
          .saveAsJsonFiles('state')
        if (version !== 2)
          summed
            .mapToPair(([key, n]) => [key.length, n])
            .reduceByKey(sum)
            .saveAsJsonFiles('totals')
      }),
    expected: foldSingle,
  }
}

/** Two streams: a join of each batch with a window of the other, a static table, raw windows. */
function double(partitions: number, intervalMs: number): Program {
  const { interval, slide, window } = timesOf(intervalMs)
  return {
    streams: ['a', 'b'],
    always: ['ids', 'joined', 'named', 'raw'],
    restless: false,
    job: (version, effect) =>
      defineJob({ name: 'double', batchInterval: interval, numPartitions: moving(partitions, version) }, (ssc) => {
        const table = ssc.staticTable('names', async () => NAMES)
        const [a, b] = recsOf(ssc, 'a', 'b').map(pairsOf) as [PairDStream<string, number>, PairDStream<string, number>]
        a.reduceByKey(sum)
          .join(b.reduceByKeyAndWindow(sum, window, interval, { uid: 'recent' }))
          .saveAsJsonFiles('joined')
        a.union(b)
          .leftOuterJoinTable(table)
          .map(([key, [n, name]]) => [key, n, name ?? 'none'])
          .saveAsJsonFiles('named')
        b.window(slide, slide).saveAsJsonFiles('raw')
        a.foreachRDD((rdd, batch) => effect(batch.id, rdd.collect()), { uid: 'effect' })
      }),
    expected: foldDouble,
  }
}

/** Runs in every batch: updateStateByKey visits all keys by contract. */
function restless(partitions: number, intervalMs: number): Program {
  const { interval } = timesOf(intervalMs)
  return {
    streams: ['a'],
    always: ['ids', 'all', 'count'],
    restless: true,
    job: (version, effect) =>
      defineJob({ name: 'restless', batchInterval: interval, numPartitions: moving(partitions, version) }, (ssc) => {
        const [pairs] = recsOf(ssc, 'a').map(pairsOf) as [PairDStream<string, number>]
        const all = pairs.updateStateByKey(
          (ns, s: number | undefined) => {
            const next = (s ?? 0) + ns.reduce(sum, 0) - (ns.length === 0 ? 3 : 0)
            return next > 0 ? next : undefined
          },
          { uid: 'all' },
        )
        all.saveAsJsonFiles('all')
        all.foreachRDD((rdd, batch) => effect(batch.id, rdd.collect()), { perPartition: true, uid: 'effect' })
        pairs
          .groupByKey()
          .mapValues((ns) => ns.length)
          .saveAsJsonFiles('count')
      }),
    expected: foldRestless,
  }
}

/** No state, no keys, several rows of one record. */
function stateless(intervalMs: number): Program {
  const { interval } = timesOf(intervalMs)
  return {
    streams: ['a'],
    always: ['ids', 'rows'],
    restless: false,
    regrids: true,
    job: (version, effect, batchInterval = interval) =>
      defineJob({ name: 'stateless', batchInterval, numPartitions: [1, 3, 2][version - 1] ?? 1 }, (ssc) => {
        const [recs] = recsOf(ssc, 'a') as [DStream<Rec>]
        const rows = recs
          .filter((r) => r.n > 2)
          .flatMap((r): (readonly [string, number])[] => [
            [r.id, r.n],
            [r.key, r.n],
          ])
        rows.saveAsJsonFiles('rows')
        rows.foreachRDD((rdd, batch) => effect(batch.id, rdd.collect()), { uid: 'effect' })
      }),
    expected: foldStateless,
  }
}

const minus = (a: number, b: number): number => a - b

/** Two streams by key, each operator with a number of partitions of its own: cogroup, an outer join, combineByKey, countByValue, transformWith, repartition. */
function keyed(partitions: number, intervalMs: number): Program {
  const { interval } = timesOf(intervalMs)
  return {
    streams: ['a', 'b'],
    always: ['ids', 'together', 'outer', 'combined', 'often', 'minus'],
    restless: false,
    regrids: true,
    // Deploys change every number of partitions, up and down, and put filters before the shuffles.
    job: (version, effect, batchInterval = interval) =>
      defineJob({ name: 'keyed', batchInterval, numPartitions: version === 2 ? partitions + 2 : partitions }, (ssc) => {
        const all = recsOf(ssc, 'a', 'b').map(pairsOf)
        const [a, b] = (version === 2 ? all.map((pairs) => pairs.filter(() => true)) : all) as [PairDStream<string, number>, PairDStream<string, number>]
        a.cogroup(b, { numPartitions: version === 2 ? 2 : 3 })
          .mapValues(([ns, others]) => [ns.reduce(sum, 0), others.length])
          .saveAsJsonFiles('together')
        a.reduceByKey(sum).fullOuterJoin(b.reduceByKey(sum)).saveAsJsonFiles('outer')
        a.combineByKey(
          (n): [number, number] => [n, 1],
          ([ns, count], n): [number, number] => [ns + n, count + 1],
          ([m, c], [n, d]): [number, number] => [m + n, c + d],
        ).saveAsJsonFiles('combined')
        a.union(b)
          .map(([key]) => key)
          .countByValue({ numPartitions: 4 - version })
          .saveAsJsonFiles('often')
        a.transformWith(b, (rdd, other) => rdd.subtractByKey(other)).saveAsJsonFiles('minus')
        a.repartition(version === 3 ? 2 : 3).saveTo(effectSink(effect), { uid: 'effect' })
      }),
    expected: foldKeyed,
  }
}

/** Windows that drain and then sleep: counts, lists, one sum, a window of a window, a join of two. */
function windows(partitions: number, intervalMs: number): Program {
  const { interval, slide, window } = timesOf(intervalMs)
  return {
    streams: ['a'],
    always: ['ids', 'seen', 'lists', 'sum', 'nested', 'both'],
    restless: false,
    job: (version, effect) =>
      defineJob({ name: 'windows', batchInterval: interval, numPartitions: moving(partitions, version) }, (ssc) => {
        const [a] = recsOf(ssc, 'a').map(pairsOf) as [PairDStream<string, number>]
        a.map(([key]) => key)
          .countByValueAndWindow(window, slide, { uid: 'seen' })
          .saveAsJsonFiles('seen')
        a.groupByKeyAndWindow(window, slide, { numPartitions: 2 })
          .mapValues((ns) => [ns.length, ns.reduce(sum, 0)])
          .saveAsJsonFiles('lists')
        a.map(([, n]) => n)
          .reduceByWindow(sum, window, slide)
          .saveAsJsonFiles('sum')
        a.window(slide, slide).reduceByKeyAndWindow(sum, window, window).saveAsJsonFiles('nested')
        a.reduceByKeyAndWindow(sum, slide, slide)
          .join(a.reduceByKeyAndWindow(sum, minus, window, slide, { filter: ([, n]) => n > 0 }))
          .saveAsJsonFiles('both')
        a.foreachRDD((rdd, batch) => effect(batch.id, rdd.collect()), { uid: 'effect' })
      }),
    expected: foldWindows,
  }
}

/** Runs on in silence: count, reduce, counts and sums of windows with an inverse, snapshots of states, updateStateByKey's iterator form. */
function counting(partitions: number, intervalMs: number): Program {
  const { interval, slide, window, timeout } = timesOf(intervalMs)
  return {
    streams: ['a'],
    always: ['ids', 'count', 'reduced', 'states', 'sizes', 'most', 'inside', 'running'],
    restless: true,
    endless: true,
    job: (version, effect) =>
      defineJob({ name: 'counting', batchInterval: interval, numPartitions: moving(partitions, version) }, (ssc) => {
        const [a] = recsOf(ssc, 'a').map(pairsOf) as [PairDStream<string, number>]
        const numbers = a.map(([, n]) => n)
        a.count().saveAsJsonFiles('count')
        numbers.reduce(sum).saveAsJsonFiles('reduced')
        a.mapWithState((_key, n, state: State<number>) => (n === undefined ? undefined : state.update((state.getOption() ?? 0) + n)), { timeout: timeout })
          .stateSnapshots()
          .reduceByKey(sum)
          .saveAsJsonFiles('states')
        a.count()
          .union(
            a
              .map(([key]) => key)
              .countByValue()
              .count(),
          )
          .saveAsJsonFiles('sizes')
        a.updateStateByKey(
          (entries: readonly (readonly [string, readonly number[], number | undefined])[]) =>
            entries.map(([key, ns, most]) => [key, Math.max(most ?? 0, ...ns)] as const),
          { perPartition: true, uid: 'most' },
        ).saveAsJsonFiles('most')
        a.countByWindow(window, slide, { uid: 'inside' }).saveAsJsonFiles('inside')
        numbers.reduceByWindow(sum, minus, window, slide, { uid: 'running' }).saveAsJsonFiles('running')
        a.foreachRDD((rdd, batch) => effect(batch.id, rdd.collect()), { perPartition: true, uid: 'effect' })
      }),
    expected: foldCounting,
  }
}

export const PROGRAMS: readonly ((intervalMs: number) => Program)[] = [
  (intervalMs) => single(1, intervalMs),
  (intervalMs) => single(3, intervalMs),
  (intervalMs) => double(1, intervalMs),
  (intervalMs) => double(2, intervalMs),
  (intervalMs) => restless(2, intervalMs),
  stateless,
  (intervalMs) => keyed(1, intervalMs),
  (intervalMs) => keyed(2, intervalMs),
  (intervalMs) => windows(1, intervalMs),
  (intervalMs) => windows(3, intervalMs),
  (intervalMs) => counting(2, intervalMs),
  (intervalMs) => learned(1, intervalMs),
  (intervalMs) => learned(3, intervalMs),
]
