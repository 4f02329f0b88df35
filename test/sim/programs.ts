// The programs that are simulated, and beside each what it means: a plain fold over the batches, with nothing of the engine in it.
import { defineJob, json, seconds, type Job, type State } from '../../lib/index.ts'

export interface Rec {
  readonly id: string
  readonly key: string
  readonly n: number
  readonly bad?: boolean
}

/** A batch as its log says it is: the records, in the order of the design (input partition, entry, position). */
export interface Batch {
  readonly time: number
  readonly records: readonly { readonly stream: string; readonly rec: Rec }[]
}

/** What a program must have put out: for each batch and output directory the lines, in any order. */
export type Expected = readonly ReadonlyMap<string, readonly string[]>[]

export interface Program {
  readonly streams: readonly string[]
  /** Versions of it that are deployed one after the other. */
  job(version: number, effect: (id: string, rows: readonly unknown[]) => void): Job
  /** Prefixes of outputs that every version has. */
  readonly always: readonly string[]
  expected(batches: readonly Batch[]): Expected
  /** Whether the program does something in every batch, input or not. */
  readonly restless: boolean
}

export const INTERVAL = 10_000
const WINDOW = 40_000
const SLIDE = 20_000
const TIMEOUT = 30_000

const sum = (a: number, b: number): number => a + b
const lines = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row))
const check = (r: Rec): Rec => {
  if (r.bad === true) throw new Error('bad record')
  return r
}
const good = (batch: Batch, stream: string): Rec[] => batch.records.filter((r) => r.stream === stream && r.rec.bad !== true).map((r) => r.rec)
const sums = (rows: readonly (readonly [string, number])[]): Map<string, number> => {
  const all = new Map<string, number>()
  for (const [key, n] of rows) all.set(key, (all.get(key) ?? 0) + n)
  return all
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
        if (version !== 2) summed.mapToPair(([key, n]) => [key.length, n]).reduceByKey(sum).saveAsJsonFiles('totals')
      }),
    expected: (batches) => {
      const state = new Map<string, { ids: string[]; at: number }>()
      return batches.map((batch, k) => {
        const out = new Map<string, readonly string[]>()
        const recs = good(batch, 'a')
        const now = sums(recs.map((r) => [r.key, r.n]))
        out.set(`sums-${batch.time}`, lines([...now]))
        out.set(`totals-${batch.time}`, lines([...sumsBy([...now])]))
        if (batch.time % SLIDE === 0) {
          const within = batches.slice(0, k + 1).filter((b) => b.time > batch.time - WINDOW)
          out.set(`windows-${batch.time}`, lines([...sums(within.flatMap((b) => good(b, 'a').map((r) => [r.key, r.n] as const)))].filter(([, n]) => n > 0)))
        }
        const rows: unknown[] = []
        for (const r of recs) {
          const s = state.get(r.key) ?? { ids: [], at: 0 }
          s.ids.push(r.id)
          s.at = batch.time
          state.set(r.key, s)
          rows.push([r.key, r.id, s.ids.length])
        }
        for (const [key, s] of state) {
          if (s.at >= batch.time - TIMEOUT) continue
          rows.push([key, 'over', s.ids.length])
          state.delete(key)
        }
        out.set(`state-${batch.time}`, lines(rows))
        return out
      })
    },
  }
}

function sumsBy(rows: readonly (readonly [string, number])[]): Map<number, number> {
  const all = new Map<number, number>()
  for (const [key, n] of rows) all.set(key.length, (all.get(key.length) ?? 0) + n)
  return all
}

/** Two streams: a join of each batch with a window of the other, a static table, raw windows. */
function double(partitions: number): Program {
  const names = new Map([['k0', 'zero'], ['k1', 'one']])
  return {
    streams: ['a', 'b'],
    always: ['joined', 'named', 'raw'],
    restless: false,
    job: (_version, effect) =>
      defineJob({ name: 'double', batchInterval: seconds(10), numPartitions: partitions }, (ssc) => {
        const table = ssc.staticTable('names', async () => names)
        const a = ssc.kinesisStream('a', json()).map((r) => check(r as Rec)).mapToPair((r) => [r.key, r.n])
        const b = ssc.kinesisStream('b', json()).map((r) => check(r as Rec)).mapToPair((r) => [r.key, r.n])
        a.reduceByKey(sum).join(b.reduceByKeyAndWindow(sum, seconds(40), seconds(10), { uid: 'recent' })).saveAsJsonFiles('joined')
        a.union(b).leftOuterJoinTable(table).map(([key, [n, name]]) => [key, n, name ?? 'none']).saveAsJsonFiles('named')
        b.window(seconds(20), seconds(20)).saveAsJsonFiles('raw')
        a.foreachRDD((rdd, batch) => effect(batch.id, rdd.collect()), { uid: 'effect' })
      }),
    expected: (batches) =>
      batches.map((batch, k) => {
        const out = new Map<string, readonly string[]>()
        const left = sums(good(batch, 'a').map((r) => [r.key, r.n]))
        const within = (ms: number): Rec[] => batches.slice(0, k + 1).filter((b) => b.time > batch.time - ms).flatMap((b) => good(b, 'b'))
        const right = sums(within(WINDOW).map((r) => [r.key, r.n]))
        out.set(`joined-${batch.time}`, lines([...left].filter(([key]) => right.has(key)).map(([key, n]) => [key, [n, right.get(key)]])))
        out.set(`named-${batch.time}`, lines([...good(batch, 'a'), ...good(batch, 'b')].map((r) => [r.key, r.n, names.get(r.key) ?? 'none'])))
        if (batch.time % 20_000 === 0) out.set(`raw-${batch.time}`, lines(within(20_000).map((r) => [r.key, r.n])))
        return out
      }),
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
        const pairs = ssc.kinesisStream('a', json()).map((r) => check(r as Rec)).mapToPair((r) => [r.key, r.n])
        const all = pairs.updateStateByKey((ns, s: number | undefined) => {
          const next = (s ?? 0) + ns.reduce(sum, 0) - (ns.length === 0 ? 3 : 0)
          return next > 0 ? next : undefined
        }, { uid: 'all' })
        all.saveAsJsonFiles('all')
        all.foreachRDD((rdd, batch) => effect(batch.id, rdd.collect()), { perPartition: true, uid: 'effect' })
        pairs.groupByKey().mapValues((ns) => ns.length).saveAsJsonFiles('count')
      }),
    expected: (batches) => {
      const state = new Map<string, number>()
      return batches.map((batch) => {
        const recs = good(batch, 'a')
        const keys = new Set([...state.keys(), ...recs.map((r) => r.key)])
        for (const key of keys) {
          const ns = recs.filter((r) => r.key === key).map((r) => r.n)
          const next = (state.get(key) ?? 0) + ns.reduce(sum, 0) - (ns.length === 0 ? 3 : 0)
          if (next > 0) state.set(key, next)
          else state.delete(key)
        }
        const count = [...new Set(recs.map((r) => r.key))].map((key) => [key, recs.filter((r) => r.key === key).length])
        return new Map([[`all-${batch.time}`, lines([...state])], [`count-${batch.time}`, lines(count)]])
      })
    },
  }
}

export const PROGRAMS: readonly (() => Program)[] = [() => single(1), () => single(3), () => double(1), () => double(2), () => restless(2)]
