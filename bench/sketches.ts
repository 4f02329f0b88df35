// Sketches beside the exact operator: rows per second on the map side, bytes per key on their way and in state, and the error.
import { compress, encodePairs, encodeRows, keyColumn, lazyColumn } from '../lib/codec/rows.ts'
import type { Combiner } from '../lib/dstream/node.ts'
import { combineRows } from '../lib/plan/combine.ts'
import { bloomFilter, countMinSketch, ddSketch, hyperLogLog, type Sketch, spaceSaving } from '../lib/sketch/index.ts'
import { encodeChanges } from '../lib/state/changes.ts'
import type { Key } from '../lib/values/key.ts'
import { cpuMs, keep } from './measure.ts'
import { random } from './random.ts'
import { table } from './table.ts'

type Pairs = readonly (readonly [Key, number])[]
const fail = (): never => {
  throw new Error('a combiner threw')
}

/** A load: so many keys of so many values each, one value after the other. */
interface Load {
  readonly name: string
  readonly keys: number
  readonly values: number
  /** Rows are made and combined in parts of this many keys. */
  readonly part: number
}
const LOADS: readonly Load[] = [
  { name: '10^5 keys of 10 values', keys: 100_000, values: 10, part: 100_000 },
  { name: '10 keys of 10^6 values', keys: 10, values: 1_000_000, part: 1 },
]

const combinerOf = <S>(sketch: Sketch<number, S>): Combiner => ({
  create: sketch.create,
  mergeValue: sketch.mergeValue,
  mergeCombiners: sketch.mergeCombiners,
  mapSide: true,
  operator: 'combineByKey',
})
const exact: Readonly<Record<string, Combiner>> = {
  'exact: a Set': {
    create: (value) => new Set([value]),
    mergeValue: (set, value) => (set as Set<unknown>).add(value),
    mergeCombiners: (a, b) => new Set([...(a as Set<unknown>), ...(b as Set<unknown>)]),
    mapSide: true,
    operator: 'combineByKey',
  },
  'exact: a list': {
    create: (value) => [value],
    mergeValue: (list, value) => {
      ;(list as unknown[]).push(value)
      return list
    },
    mergeCombiners: (a, b) => [...(a as unknown[]), ...(b as unknown[])],
    mapSide: true,
    operator: 'combineByKey',
  },
}

/** Prints bytes and rows per second for both loads. */
export async function sketches(): Promise<void> {
  const all: Readonly<Record<string, Combiner>> = {
    ...exact,
    'hyperLogLog, relativeSD 0.01': combinerOf(hyperLogLog({ relativeSD: 0.01 })),
    'ddSketch, accuracy 0.01': combinerOf(ddSketch()),
    'spaceSaving, capacity 100': combinerOf(spaceSaving<number>({ capacity: 100 })),
    'bloomFilter, 10^6 items, fpp 0.01': combinerOf(bloomFilter({ expectedNumItems: 1_000_000, fpp: 0.01 })),
    'countMinSketch, eps 0.001, 0.99': combinerOf(countMinSketch({ eps: 0.001, confidence: 0.99, seed: 1 })),
  }
  for (const load of LOADS) {
    const rows: string[][] = []
    for (const [name, combiner] of Object.entries(all)) rows.push([name, ...(await measureLoad(load, combiner))])
    console.log(`${load.name}: uniform whole numbers up to 10^9; compressed bytes per key`)
    console.log(table(['', 'rows / s', 'in a block', 'in an entry', 'in a snapshot'], rows))
    console.log('')
  }
  errors()
}

async function measureLoad({ keys, values, part }: Load, combiner: Combiner): Promise<readonly string[]> {
  let [ms, block, entry, snapshot] = [0, 0, 0, 0]
  for (let from = 0; from < keys; from += part) {
    const pairs = pairsOf(from, part, values)
    let combined: readonly unknown[] = []
    ms += await cpuMs(() => (combined = combineRows(pairs, combiner, false, fail)))
    keep(combined)
    block += compress(encodeRows(combined)).length
    const puts = combined as readonly (readonly [Key, unknown])[]
    entry += compress(encodeChanges([{ operator: 'x', groups: [{ group: 1000, dropped: false, deletes: [], puts, size: puts.length }] }])).length
    snapshot += compress(encodePairs({ keys: keyColumn(puts.map(([key]) => key)), values: lazyColumn(puts.map(([, value]) => value)) })).length
  }
  const perKey = (bytes: number): string => Math.round(bytes / keys).toLocaleString('en')
  return [Math.round((keys * values * 1000) / ms).toLocaleString('en'), perKey(block), perKey(entry), perKey(snapshot)]
}

function pairsOf(from: number, keys: number, values: number): Pairs {
  const next = random(from + 1)
  return Array.from({ length: keys * values }, (_, i) => [`key-${from + (i % keys)}`, Math.floor(next() * 1e9)] as const)
}

/** Prints how far the answers are from the exact ones over 10^6 values. */
function errors(): void {
  const next = random(3)
  const unit = (): number => 1 - next()
  const normal = (): number => Math.sqrt(-2 * Math.log(unit())) * Math.cos(2 * Math.PI * unit())
  const draws: readonly (readonly [string, () => number])[] = [
    ['uniform', () => unit() * 1e6],
    ['normal', normal],
    ['exponential', () => -Math.log(unit())],
    ['Pareto 1.2', () => unit() ** (-1 / 1.2)],
    ["Zipf's law, whole", () => Math.floor(Math.exp(unit() * Math.log(200_000)))],
  ]
  const [quantiles, distinct] = [ddSketch(), hyperLogLog({ relativeSD: 0.01 })]
  const percent = (found: number, right: number): string => `${(100 * Math.abs(found / right - 1)).toFixed(2)} %`
  const rows = draws.map(([name, draw]) => {
    const values = Float64Array.from({ length: 1_000_000 }, draw)
    let [q, d] = [quantiles.create(values[0] ?? 0), distinct.create(values[0] ?? 0)]
    for (const value of values.subarray(1)) {
      q = quantiles.mergeValue(q, value)
      d = distinct.mergeValue(d, value)
    }
    const count = new Set(values).size
    values.sort()
    const at = (p: number): number => values[Math.floor(p * (values.length - 1))] ?? Number.NaN
    return [name, percent(distinct.estimate(d), count), ...[0.01, 0.5, 0.99, 0.999].map((p) => percent(quantiles.quantile(q, p), at(p)))]
  })
  console.log('Error over 10^6 values: hyperLogLog (relativeSD 0.01), then the quantiles of ddSketch (accuracy 0.01)')
  console.log(table(['', 'distinct', 'q 0.01', 'median', 'q 0.99', 'q 0.999'], rows))
}
