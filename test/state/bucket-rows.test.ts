import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRows, encodeRows } from '../../lib/codec/rows.ts'
import { hashKey, keyToString, type Key } from '../../lib/values/key.ts'
import { BucketRows, GONE } from '../../lib/state/bucket-rows.ts'

const key: fc.Arbitrary<Key> = fc.oneof(fc.constantFrom<Key>(null, true, NaN, 0, 7n, 'é', '\ud800'), fc.nat(30), fc.tuple(fc.constantFrom('a', 'b'), fc.nat(9)))
/** Values of one shape each, which are kept as columns, and of no shape. */
const shapes: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  'small integers': fc.integer({ min: -3, max: 3 }),
  'integers of all widths': fc.oneof(fc.integer(), fc.nat(200), fc.nat(40_000)),
  numbers: fc.oneof(fc.double(), fc.constant(-0), fc.nat(5)),
  texts: fc.string(),
  tuples: fc.tuple(fc.nat(300), fc.constantFrom(1_764_000_000_000, 1_764_000_005_000)),
  'tuples of a tuple and a text': fc.tuple(fc.tuple(fc.double(), fc.boolean()), fc.string()),
  objects: fc.record({ n: fc.nat(), last: fc.date({ noInvalidDate: true }), list: fc.array(fc.nat(), { maxLength: 3 }) }),
  lists: fc.array(fc.nat(9), { maxLength: 4 }),
  anything: fc.oneof(fc.nat(3), fc.constantFrom(null, undefined, 1n), fc.string(), fc.array(fc.nat(9)), fc.constant(new Map([['a', new Uint8Array(2)]]))),
}

function plain(rows: Iterable<readonly [Key, unknown]>): Map<string, unknown> {
  return new Map(Array.from(rows, ([k, value]) => [keyToString(k), value]))
}

describe('the rows of a bucket', () => {
  it.each(Object.entries(shapes))('equal a plain map under any changes: %s', (_name, value) => {
    const distinct = (from: readonly (readonly [Key, unknown])[]): (readonly [Key, unknown])[] => [
      ...new Map(from.map((row) => [keyToString(row[0]), row])).values(),
    ]
    const pairs = fc.array(fc.tuple(key, value), { maxLength: 40 }).map(distinct)
    const changes = fc.array(fc.tuple(key, fc.oneof({ weight: 4, arbitrary: value }, fc.constant(GONE))), { maxLength: 20 }).map(distinct)
    fc.assert(
      fc.property(pairs, fc.array(changes, { maxLength: 3 }), fc.boolean(), (first, rounds, stored) => {
        const model = plain(first)
        let rows = BucketRows.of(
          first.map(([k]) => k),
          first.map(([, v]) => v),
        )
        for (const round of [[], ...rounds]) {
          rows = rows.with(round.map(([k, v]) => ({ key: k, hash: hashKey(k), value: v })))
          for (const [k, v] of round) if (v === GONE) model.delete(keyToString(k))
          for (const [k, v] of round) if (v !== GONE) model.set(keyToString(k), v)
          const bytes = rows.encode()
          if (stored) rows = BucketRows.decode(bytes)
          expect(plain(rows)).toEqual(model)
          expect(plain(decodeRows(bytes) as (readonly [Key, unknown])[])).toEqual(model)
          expect(rows.size).toBe(model.size)
          for (const [k] of [...first, ...round]) {
            expect(rows.get(k, hashKey(k))).toEqual(model.get(keyToString(k)))
            expect(rows.has(k, hashKey(k))).toBe(model.has(keyToString(k)))
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  it('are read from what encodeRows wrote, one row or many', () => {
    for (const n of [0, 1, 3, 4, 500]) {
      const pairs = Array.from({ length: n }, (_, i) => [`key-${i}`, [i, 1_764_000_000_000]] as const)
      expect([...BucketRows.decode(encodeRows(pairs))]).toEqual(pairs)
    }
  })

  it('find texts of any length and no others, of ASCII or not', () => {
    const lengths = [0, 1, 31, 32, 33, 255, 256, 257, 65_535, 65_536, 70_000]
    const alike = Array.from({ length: 300 }, (_, i) => `id-${String(i).padStart(4, '0')}`)
    for (const keys of [lengths.map((n) => 'a'.repeat(n)), lengths.map((n) => 'é'.repeat(n)), alike]) {
      const stored = BucketRows.decode(BucketRows.of(keys, [...keys.keys()]).encode())
      for (const rows of [stored, BucketRows.of(keys, [...keys.keys()])]) {
        expect([...rows].map(([key]) => key)).toEqual(keys)
        for (const [i, key] of keys.entries()) {
          expect(rows.get(key, hashKey(key))).toBe(i)
          // As if the hashes were the same: the text decides.
          expect(rows.has(`${key.slice(1)}b`, hashKey(key))).toBe(false)
        }
      }
    }
  })

  it('with something that is no key are damaged', () => {
    expect(() => BucketRows.decode(encodeRows([[undefined, 1]]))).toThrow(expect.objectContaining({ code: 'CORRUPT_ENTRY' }))
  })

  it('are left alone by what is made of them', () => {
    const rows = BucketRows.of([1, 2, 3, 4], [10, 20, 30, 40])
    rows.with([{ key: 2, hash: hashKey(2), value: 5_000_000 }])
    expect([...rows]).toEqual([
      [1, 10],
      [2, 20],
      [3, 30],
      [4, 40],
    ])
  })
})
