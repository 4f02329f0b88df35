// The programs that are simulated. What each means is in folds.ts.
import { defineJob, json, seconds, type Job, type State } from '../../lib/index.ts'
import { foldDouble, foldRestless, foldSingle, foldStateless, NAMES, type Fold, type Rec } from './folds.ts'

export interface Program {
  readonly streams: readonly string[]
  /** Versions of it that are deployed one after the other. `effect`: what its foreachRDD does. */
  job(version: number, effect: (id: string, rows: readonly unknown[]) => void): Job
  /** Prefixes of outputs that every version has. */
  readonly always: readonly string[]
  readonly expected: Fold
  /** Whether the program does something in every batch, input or not. */
  readonly restless: boolean
}

const sum = (a: number, b: number): number => a + b
const check = (r: Rec): Rec => {
  if (r.bad === true) throw new Error('bad record')
  return r
}

/** One stream: sums, sliding windows with an inverse, state with time-outs, a second shuffle, foreachRDD. */
function single(partitions: number): Program {
  return {
    streams: ['a'],
    always: ['sums', 'windows', 'state'],
    restless: false,
    job: (version, effect) =>
      defineJob({ name: 'single', batchInterval: seconds(10), numPartitions: partitions }, (ssc) => {
        const recs = ssc.kinesisStream('a', json()).map((r) => check(r as Rec))
        const pairs = recs.mapToPair((r) => [r.key, r.n])
        const summed = pairs.reduceByKey(sum)
        summed.saveAsJsonFiles('sums')
        summed.foreachRDD((rdd, batch) => effect(batch.id, rdd.collect()), { perPartition: true, uid: 'effect' })
        pairs.reduceByKeyAndWindow(sum, (a, b) => a - b, seconds(40), seconds(20), { uid: 'windows', filter: ([, n]) => n > 0 }).saveAsJsonFiles('windows')
        recs
          .mapToPair((r) => [r.key, r.id])
          .mapWithState(
            (key, id, state: State<string[]>) => {
              if (id === undefined) return [key, 'over', state.get().length] as const
              const ids = [...(state.getOption() ?? []), id]
              state.update(ids)
              return [key, id, ids.length] as const
            },
            { uid: 'ids', timeout: seconds(30) },
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
function double(partitions: number): Program {
  return {
    streams: ['a', 'b'],
    always: ['joined', 'named', 'raw'],
    restless: false,
    job: (_version, effect) =>
      defineJob({ name: 'double', batchInterval: seconds(10), numPartitions: partitions }, (ssc) => {
        const table = ssc.staticTable('names', async () => NAMES)
        const a = ssc
          .kinesisStream('a', json())
          .map((r) => check(r as Rec))
          .mapToPair((r) => [r.key, r.n])
        const b = ssc
          .kinesisStream('b', json())
          .map((r) => check(r as Rec))
          .mapToPair((r) => [r.key, r.n])
        a.reduceByKey(sum)
          .join(b.reduceByKeyAndWindow(sum, seconds(40), seconds(10), { uid: 'recent' }))
          .saveAsJsonFiles('joined')
        a.union(b)
          .leftOuterJoinTable(table)
          .map(([key, [n, name]]) => [key, n, name ?? 'none'])
          .saveAsJsonFiles('named')
        b.window(seconds(20), seconds(20)).saveAsJsonFiles('raw')
        a.foreachRDD((rdd, batch) => effect(batch.id, rdd.collect()), { uid: 'effect' })
      }),
    expected: foldDouble,
  }
}

/** Runs in every batch: updateStateByKey visits all keys by contract. */
function restless(partitions: number): Program {
  return {
    streams: ['a'],
    always: ['all', 'count'],
    restless: true,
    job: (_version, effect) =>
      defineJob({ name: 'restless', batchInterval: seconds(10), numPartitions: partitions }, (ssc) => {
        const pairs = ssc
          .kinesisStream('a', json())
          .map((r) => check(r as Rec))
          .mapToPair((r) => [r.key, r.n])
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
function stateless(): Program {
  return {
    streams: ['a'],
    always: ['rows'],
    restless: false,
    job: (_version, effect) =>
      defineJob({ name: 'stateless', batchInterval: seconds(10) }, (ssc) => {
        const rows = ssc
          .kinesisStream('a', json())
          .map((r) => check(r as Rec))
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

export const PROGRAMS: readonly (() => Program)[] = [() => single(1), () => single(3), () => double(1), () => double(2), () => restless(2), stateless]
