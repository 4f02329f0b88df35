// What the simulated programs mean: plain folds over the batches. Nothing of the engine is imported here, so that nothing of it can be wrong here, too.

export interface Rec {
  readonly id: string
  readonly key: string
  readonly n: number
  readonly bad?: boolean
}

/** A batch: its good records, in the order of the design (input partition, position). */
export interface Batch {
  readonly time: number
  readonly records: readonly { readonly stream: string; readonly rec: Rec }[]
}

/** What a program must have put out in a batch. */
export interface Expected {
  /** By output directory: its lines, in any order. */
  readonly files: ReadonlyMap<string, readonly string[]>
  /** The rows that foreachRDD was called with, as JSON, in any order, over all partitions. */
  readonly effect: readonly string[]
}

export type Fold = (batches: readonly Batch[], intervalMs: number) => readonly Expected[]

/** When the worlds begin: on every grid. */
export const START = 10_000_000
/** The programs' windows, slides and time-outs, in intervals. */
export const WINDOW = 4
export const SLIDE = 2
export const TIMEOUT = 3
/** After so many intervals without a record no program but those that never rest has anything to put out. */
export const DRAINED: number = 2 * WINDOW + TIMEOUT

export const NAMES: ReadonlyMap<string, string> = new Map([
  ['k0', 'zero'],
  ['k1', 'one'],
])

const ids = (batch: Batch): readonly [string, readonly string[]] => [`ids-${batch.time}`, lines(batch.records.map(({ rec }) => rec.id))]
const lines = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row))
const good = (batch: Batch, stream: string): Rec[] => batch.records.filter((r) => r.stream === stream).map((r) => r.rec)

function sums<K>(rows: readonly (readonly [K, number])[]): Map<K, number> {
  const all = new Map<K, number>()
  for (const [key, n] of rows) all.set(key, (all.get(key) ?? 0) + n)
  return all
}

/** Sums, sliding windows, state with time-outs, sums of the sums by the length of their keys. */
export const foldSingle: Fold = (batches, intervalMs) => {
  const state = new Map<string, { ids: string[]; at: number }>()
  return batches.map((batch, k) => {
    const files = new Map<string, readonly string[]>([ids(batch)])
    const recs = good(batch, 'a')
    const now = sums(recs.map((r) => [r.key, r.n]))
    files.set(`sums-${batch.time}`, lines([...now]))
    files.set(`totals-${batch.time}`, lines([...sums([...now].map(([key, n]) => [key.length, n]))]))
    if (batch.time % (SLIDE * intervalMs) === 0) {
      const within = batches.slice(Math.max(0, k - WINDOW), k + 1).filter((b) => b.time > batch.time - WINDOW * intervalMs)
      files.set(`windows-${batch.time}`, lines([...sums(within.flatMap((b) => good(b, 'a').map((r) => [r.key, r.n] as const)))].filter(([, n]) => n > 0)))
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
      if (s.at >= batch.time - TIMEOUT * intervalMs) continue
      rows.push([key, 'over', s.ids.length])
      state.delete(key)
    }
    files.set(`state-${batch.time}`, lines(rows))
    return { files, effect: lines([...now]) }
  })
}

/** A join of each batch with a window of the other stream, a table, raw windows. */
export const foldDouble: Fold = (batches, intervalMs) =>
  batches.map((batch, k) => {
    const files = new Map<string, readonly string[]>([ids(batch)])
    const left = sums(good(batch, 'a').map((r) => [r.key, r.n]))
    const within = (ms: number): Rec[] =>
      batches
        .slice(Math.max(0, k - WINDOW), k + 1)
        .filter((b) => b.time > batch.time - ms)
        .flatMap((b) => good(b, 'b'))
    const right = sums(within(WINDOW * intervalMs).map((r) => [r.key, r.n]))
    files.set(`joined-${batch.time}`, lines([...left].filter(([key]) => right.has(key)).map(([key, n]) => [key, [n, right.get(key)]])))
    files.set(`named-${batch.time}`, lines([...good(batch, 'a'), ...good(batch, 'b')].map((r) => [r.key, r.n, NAMES.get(r.key) ?? 'none'])))
    if (batch.time % (SLIDE * intervalMs) === 0) files.set(`raw-${batch.time}`, lines(within(SLIDE * intervalMs).map((r) => [r.key, r.n])))
    return { files, effect: lines(good(batch, 'a').map((r) => [r.key, r.n])) }
  })

/** Visits every key in every batch: what brings nothing loses three, and goes at nothing. */
export const foldRestless: Fold = (batches) => {
  const state = new Map<string, number>()
  return batches.map((batch) => {
    const recs = good(batch, 'a')
    for (const key of new Set([...state.keys(), ...recs.map((r) => r.key)])) {
      const ns = recs.filter((r) => r.key === key).map((r) => r.n)
      const next = (state.get(key) ?? 0) + ns.reduce((a, b) => a + b, 0) - (ns.length === 0 ? 3 : 0)
      if (next > 0) state.set(key, next)
      else state.delete(key)
    }
    const count = [...new Set(recs.map((r) => r.key))].map((key) => [key, recs.filter((r) => r.key === key).length])
    return {
      files: new Map([ids(batch), [`all-${batch.time}`, lines([...state])], [`count-${batch.time}`, lines(count)]]),
      effect: lines([...state]),
    }
  })
}

/** One shuffle-less chain: what arrived, as it arrived. */
export const foldStateless: Fold = (batches) =>
  batches.map((batch) => {
    const rows = lines(
      good(batch, 'a')
        .filter((r) => r.n > 2)
        .flatMap((r) => [
          [r.id, r.n],
          [r.key, r.n],
        ]),
    )
    return { files: new Map([ids(batch), [`rows-${batch.time}`, rows]]), effect: rows }
  })

const total = (ns: readonly number[]): number => ns.reduce((a, b) => a + b, 0)
const valuesOf = (recs: readonly Rec[], key: string): number[] => recs.filter((r) => r.key === key).map((r) => r.n)
const keysOf = (recs: readonly Rec[]): string[] => [...new Set(recs.map((r) => r.key))]
const sumsOf = (recs: readonly Rec[]): Map<string, number> => sums(recs.map((r) => [r.key, r.n]))

/** Two streams, batch by batch: what is together under a key, on both sides or on one. */
export const foldKeyed: Fold = (batches) =>
  batches.map((batch) => {
    const [a, b] = [good(batch, 'a'), good(batch, 'b')]
    const keys = keysOf([...a, ...b])
    const [left, right] = [sumsOf(a), sumsOf(b)]
    return {
      files: new Map([
        ids(batch),
        [`together-${batch.time}`, lines(keys.map((key) => [key, [total(valuesOf(a, key)), valuesOf(b, key).length]]))],
        [`outer-${batch.time}`, lines(keys.map((key) => [key, [left.get(key) ?? null, right.get(key) ?? null]]))],
        [`combined-${batch.time}`, lines(keysOf(a).map((key) => [key, [total(valuesOf(a, key)), valuesOf(a, key).length]]))],
        [`often-${batch.time}`, lines(keys.map((key) => [key, valuesOf([...a, ...b], key).length]))],
        [`minus-${batch.time}`, lines(a.filter((r) => valuesOf(b, r.key).length === 0).map((r) => [r.key, r.n]))],
      ]),
      effect: lines(a.map((r) => [r.key, r.n])),
    }
  })

/** Windows of every kind that end by themselves: of counts, lists, one sum, of a window, and two windows joined. */
export const foldWindows: Fold = (batches, intervalMs) =>
  batches.map((batch, k) => {
    const files = new Map<string, readonly string[]>([ids(batch)])
    const within = (ms: number): Rec[] =>
      batches
        .slice(Math.max(0, k - WINDOW), k + 1)
        .filter((b) => b.time > batch.time - ms)
        .flatMap((b) => good(b, 'a'))
    const recs = within(WINDOW * intervalMs)
    const recent = sumsOf(within(SLIDE * intervalMs))
    if (batch.time % (SLIDE * intervalMs) === 0) {
      files.set(`seen-${batch.time}`, lines(keysOf(recs).map((key) => [key, valuesOf(recs, key).length])))
      files.set(`lists-${batch.time}`, lines(keysOf(recs).map((key) => [key, [valuesOf(recs, key).length, total(valuesOf(recs, key))]])))
      files.set(`sum-${batch.time}`, lines(recs.length > 0 ? [total(recs.map((r) => r.n))] : []))
      files.set(`both-${batch.time}`, lines([...sumsOf(recs)].filter(([key]) => recent.has(key)).map(([key, n]) => [key, [recent.get(key), n]])))
    }
    if (batch.time % (WINDOW * intervalMs) === 0) files.set(`nested-${batch.time}`, lines([...sumsOf(recs)]))
    return { files, effect: lines(good(batch, 'a').map((r) => [r.key, r.n])) }
  })

/** Counts and states that are put out in every batch, or at every slide, whether or not anything arrives. */
export const foldCounting: Fold = (batches, intervalMs) => {
  const state = new Map<string, { n: number; at: number }>()
  const most = new Map<string, number>()
  let ever = false
  return batches.map((batch, k) => {
    const recs = good(batch, 'a')
    for (const r of recs) state.set(r.key, { n: (state.get(r.key)?.n ?? 0) + r.n, at: batch.time })
    for (const [key, s] of state) if (s.at < batch.time - TIMEOUT * intervalMs) state.delete(key)
    for (const r of recs) most.set(r.key, Math.max(most.get(r.key) ?? 0, r.n))
    ever ||= recs.length > 0
    const files = new Map<string, readonly string[]>([
      ids(batch),
      [`count-${batch.time}`, lines([recs.length])],
      [`reduced-${batch.time}`, lines(recs.length > 0 ? [total(recs.map((r) => r.n))] : [])],
      [`states-${batch.time}`, lines([...state].map(([key, { n }]) => [key, n]))],
      [`sizes-${batch.time}`, lines([recs.length, keysOf(recs).length])],
      [`most-${batch.time}`, lines([...most])],
    ])
    if (batch.time % (SLIDE * intervalMs) === 0) {
      const within = batches
        .slice(Math.max(0, k - WINDOW), k + 1)
        .filter((b) => b.time > batch.time - WINDOW * intervalMs)
        .flatMap((b) => good(b, 'a'))
      files.set(`inside-${batch.time}`, lines(ever ? [within.length] : []))
      files.set(`running-${batch.time}`, lines(ever ? [total(within.map((r) => r.n))] : []))
    }
    return { files, effect: lines(recs.map((r) => [r.key, r.n])) }
  })
}
