// Stage 0 twice, over random programs and records, some of them bad: an optimistic run and a careful one give the same blocks, or the optimistic one throws where something is bad.
import fc from 'fast-check'
import { defineJob, json, milliseconds, type DStream, type StaticTable } from 'millrace'
import { describe, expect, it } from 'vitest'
import { decodeRows } from '../../lib/codec/rows.ts'
import { loadTables } from '../../lib/program/load-tables.ts'
import type { BlockDraft, DeadLetter, RawRecord } from '../../lib/plan/compute.ts'
import { openReceive } from '../../lib/plan/open-receive.ts'
import { planJob } from '../../lib/plan/plan-job.ts'

type Stream = DStream<number>
type Build = (stream: Stream, names: StaticTable<number, number>) => Stream

const NAMES: readonly (readonly [number, number])[] = [
  [0, 10],
  [1, 20],
]

const bad = (value: unknown): never => value as never
const fail = (): never => {
  throw new Error('bad')
}
/** Throws, or gives what is none, for some numbers: which ones differs from place to place. */
const picky = (n: number, seed: number): boolean => (n * 7 + seed) % 31 === 0

const narrow: readonly (readonly [name: string, make: (seed: number) => Build])[] = [
  ['map', (seed) => (s) => s.map((n) => (picky(n, seed) ? bad(Promise.resolve(n)) : n + 1))],
  ['filter', (seed) => (s) => s.filter((n) => (picky(n, seed) ? fail() : n % 3 !== 0))],
  ['flatMap', (seed) => (s) => s.flatMap((n) => (picky(n, seed) ? bad(n) : [n, n + seed]))],
  [
    'flatMap of a generator that throws half way',
    (seed) => (s) =>
      s.flatMap(function* (n) {
        yield n
        if (picky(n, seed)) throw new Error('half way')
        yield -n
      }),
  ],
  [
    'mapValues',
    (seed) => (s) =>
      s
        .mapToPair((n) => [n % 5, n])
        .mapValues((n) => (picky(n, seed) ? fail() : 2 * n))
        .map(([k, n]) => k + n),
  ],
  [
    'flatMapValues',
    (seed) => (s) =>
      s
        .mapToPair((n) => (picky(n, seed) ? bad([n]) : [n % 5, n]))
        .flatMapValues((n) => [n, n])
        .map(([, n]) => n),
  ],
  ['union', (seed) => (s) => s.map((n) => (picky(n, seed) ? fail() : n)).union(s.filter((n) => n % 2 === 0))],
  [
    'joinTable',
    (seed) => (s, names) =>
      s
        .keyBy((n) => (picky(n, seed) ? bad({ n }) : n % 4))
        .joinTable(names)
        .map(([, [n, more]]) => n + more),
  ],
]

const ends: readonly (readonly [name: string, make: (seed: number) => (stream: Stream) => DStream<unknown>])[] = [
  ['rows', () => (s) => s],
  [
    'reduceByKey, fused',
    (seed) => (s) => s.mapToPair((n) => (picky(n, seed) ? bad('no pair') : [`k${n % 7}`, n])).reduceByKey((a, b) => (picky(a + b, seed) ? fail() : a + b)),
  ],
  [
    'reduceByKey behind a filter, of tuples',
    (seed) => (s) =>
      s
        .mapToPair((n) => [[n % 3, picky(n, seed) ? bad({}) : 'x'] as [number, string], n])
        .filter(([[k]]) => k < 2)
        .reduceByKey((a, b) => Math.max(a, b)),
  ],
  [
    'combineByKey that changes its lists',
    () => (s) =>
      s
        .keyBy((n) => (n % 2 === 0 ? -0 : 0))
        .combineByKey(
          (n) => [n],
          (list, n) => {
            list.push(n)
            return list
          },
          (a, b) => [...a, ...b],
        ),
  ],
  ['groupByKey', (seed) => (s) => s.keyBy((n) => (picky(n, seed) ? bad(Promise.resolve(n)) : n % 5)).groupByKey()],
  ['count', () => (s) => s.count()],
  ['rows that no codec holds', (seed) => (s) => s.map((n) => (picky(n, seed) ? bad(() => n) : n))],
]

const part = <T>(of: readonly (readonly [string, (seed: number) => T])[]): fc.Arbitrary<{ readonly name: string; readonly make: T }> =>
  fc.tuple(fc.constantFrom(...of), fc.nat({ max: 30 })).map(([[name, make], seed]) => ({ name: `${name} ${seed}`, make: make(seed) }))
const branch = fc.record({ narrow: fc.array(part(narrow), { maxLength: 3 }), end: part(ends) })
const program = fc.record({ trunk: fc.array(part(narrow), { maxLength: 2 }), branches: fc.array(branch, { minLength: 1, maxLength: 3 }) })
const text = ({ trunk, branches }: Program): string =>
  [...trunk.map(({ name }) => name), ...branches.map((b) => `{ ${[...b.narrow, b.end].map(({ name }) => name).join(', ')} }`)].join(', ')
type Program = typeof program extends fc.Arbitrary<infer T> ? T : never

/** Numbers, or something that is no JSON; and the block time. */
const records = fc.array(fc.record({ row: fc.oneof({ weight: 30, arbitrary: fc.nat({ max: 200 }) }, fc.constant('{')), later: fc.boolean() }), {
  maxLength: 40,
})

interface Result {
  readonly blocks: readonly BlockDraft[]
  readonly deadLetters: readonly DeadLetter[]
  readonly tables: Readonly<Record<string, string>>
}

async function runners({ trunk, branches }: Program): Promise<(rows: readonly { row: unknown; later: boolean }[], optimistic: boolean) => Result> {
  const job = defineJob({ name: 'random', batchInterval: milliseconds(1_000), numPartitions: 2 }, (ssc) => {
    const names = ssc.staticTable('names', () => Promise.resolve(NAMES))
    const apply = (stream: Stream, operators: readonly { readonly make: Build }[]): Stream => operators.reduce((s, { make }) => make(s, names), stream)
    const input = ssc.kinesisStream('numbers', json()) as Stream
    branches.forEach(({ narrow: operators, end }, i) => end.make(apply(apply(input, trunk), operators)).saveAsObjectFiles(`out-${i}`))
  })
  const plan = planJob(job)
  const tables = await loadTables(plan.tables)
  return (rows, optimistic) => {
    const run = openReceive(plan, 'numbers', 'shard-0', { tables, optimistic })
    let time = 1_000
    rows.forEach(({ row, later }, i) => {
      if (later) time += 1_000
      const record: RawRecord = {
        data: Buffer.from(String(row)).toString('base64'),
        partitionKey: 'k',
        sequenceNumber: String(i),
        index: 0,
        arrivalMs: time - 1,
      }
      run.push(record, time)
    })
    const { blocks, deadLetters, tables: used } = run.finish()
    // Stacks say which run it was.
    return { blocks, deadLetters: deadLetters.map((letter) => ({ ...letter, error: { ...letter.error, stack: '' } })), tables: used }
  }
}

/** Where combining threw, the values travel as they are: `[key, undefined, values]`. */
const isRaw = ({ data }: BlockDraft): boolean => decodeRows(data).some((row) => Array.isArray(row) && row.length === 3)

describe('an optimistic run', () => {
  it('gives the blocks of a careful one, or throws where something was bad', async () => {
    const seen = { same: 0, thrown: 0 }
    await fc.assert(
      fc.asyncProperty(program, records, async (p, rows) => {
        const run = await runners(p)
        const careful = run(rows, false)
        // Rows that cannot be encoded are found behind the sinks, in both.
        const isBad = careful.deadLetters.some(({ record }) => record !== undefined) || careful.blocks.some(isRaw)
        if (isBad) {
          seen.thrown++
          expect(() => run(rows, true), text(p)).toThrow(/./)
        } else {
          seen.same++
          expect(run(rows, true), text(p)).toEqual(careful)
        }
      }),
      { numRuns: 300 },
    )
    expect(Math.min(seen.same, seen.thrown), JSON.stringify(seen)).toBeGreaterThan(50)
  })
})
