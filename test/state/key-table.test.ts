import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyMap } from '../../lib/values/key-map.ts'
import { hashKey, partitionOf, type Key } from '../../lib/values/key.ts'
import { KeyTable } from '../../lib/state/key-table.ts'

const key: fc.Arbitrary<Key> = fc.oneof(
  fc.nat(40),
  fc.constantFrom<Key>(null, false, NaN, -0, 0n, '', '1', [], [[]], [NaN], [-0], [0]),
  fc.tuple(fc.constantFrom('a', 'b'), fc.tuple(fc.nat(4), fc.boolean())),
)

describe('a table of keys', () => {
  it('equals a KeyMap under any puts and deletes', () => {
    const step = fc.record({ key, value: fc.option(fc.nat(9), { nil: undefined }), delete: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new KeyTable()
        const model = new KeyMap<unknown>()
        for (const s of steps) {
          const hash = hashKey(s.key)
          if (s.delete) {
            table.delete(s.key, hash)
            model.delete(s.key)
          } else {
            table.set(s.key, hash, s.value)
            model.set(s.key, s.value)
          }
          expect(table.size).toBe(model.size)
          expect(table.has(s.key, hash)).toBe(model.has(s.key))
        }
        for (const rows of [table, table.copy()]) {
          const found = [...rows]
          expect(found).toHaveLength(model.size)
          for (const [k, value] of found) {
            expect(model.has(k)).toBe(true)
            expect(value).toBe(model.get(k))
            expect(rows.get(k, hashKey(k))).toBe(value)
          }
        }
      }),
    )
  })

  it('finds all of many keys whose hashes have bits in common: those of one partition of 64', () => {
    const keys = Array.from({ length: 200_000 }, (_, i) => `key-${i}`).filter((k) => partitionOf(k, 64) === 5)
    expect(keys.length).toBeGreaterThan(2_000)
    const table = new KeyTable()
    for (const k of keys) table.set(k, hashKey(k), k)
    for (const k of keys) expect(table.get(k, hashKey(k))).toBe(k)
    expect(table.get('key-', hashKey('key-'))).toBeUndefined()
  })

  it('forgets rows that were deleted', () => {
    const table = new KeyTable()
    for (let i = 0; i < 10_000; i++) {
      table.set(i, hashKey(i), i)
      if (i >= 3) table.delete(i - 3, hashKey(i - 3))
    }
    expect([...table].map(([k]) => k)).toEqual([9_997, 9_998, 9_999])
  })
})
