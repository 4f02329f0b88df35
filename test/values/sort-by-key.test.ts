import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compareKeys, type Key } from '../../lib/values/key.ts'
import { sortByKey } from '../../lib/values/sort-by-key.ts'
import { anyKey } from './any-key.ts'

const plainly = (keys: readonly Key[]): readonly (readonly [Key, number])[] =>
  keys.map((key, i) => [key, i] as const).sort(([a, i], [b, j]) => compareKeys(a, b) || i - j)

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '\0', 'þ', 'ÿ'), maxLength: 12 })
const few = fc.constantFrom('key-000', 'key-001', 'key-0011', 'key-00')

it.each<[string, fc.Arbitrary<Key>]>([
  ['any keys', anyKey],
  ['texts of few characters', letters],
  ['texts of any characters', fc.string({ unit: 'binary' })],
  ['texts that begin alike', fc.string({ maxLength: 8 }).map((text) => `https://example.org/${text}`)],
  ['texts that agree in the middle', fc.tuple(fc.constantFrom('a', 'b'), letters).map(([first, rest]) => `${first} agrees ${rest}`)],
  ['the same texts again and again', few],
  ['texts, and a number among them', fc.oneof({ weight: 9, arbitrary: letters }, fc.constant(7))],
])('orders rows as compareKeys does, those of one key as they came: %s', (_name, key) => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 60 }), (keys) => {
      expect(sortByKey(keys.map((k, i) => [k, i] as const))).toEqual(plainly(keys))
    }),
    { numRuns: 200 },
  )
})

it('rows that agree for too long, in an order that is the worst', () => {
  const keys = Array.from({ length: 500 }, (_, i) => `${i % 2} agrees for long ${999 - i}`)
  expect(sortByKey(keys.map((k, i) => [k, i] as const))).toEqual(plainly(keys))
})

it.each([0, 1, 2, 255, 256, 4096, 5000])('%d rows', (count) => {
  const keys = Array.from({ length: count }, (_, i) => `k${(i * 7919) % 1000}`)
  expect(sortByKey(keys.map((k, i) => [k, i] as const))).toEqual(plainly(keys))
})
