import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalBytes } from '../../lib/values/canonical-bytes.ts'
import { MillraceError } from '../../lib/values/errors.ts'
import { assertKey, compareKeys, hashKey, keyToString, MAX_KEY_DEPTH, partitionOf, type Key } from '../../lib/values/key.ts'
import { anyKey } from './any-key.ts'

describe('assertKey', () => {
  test.each<[Key]>([['a'], [''], [1], [NaN], [-0], [true], [null], [1n], [[]], [['a', 1, [null, [2n]]]], ['\ud800']])('takes %s', (...[key]) => {
    expect(() => assertKey(key, 'here')).not.toThrow()
  })

  const cyclic: unknown[] = ['a']
  cyclic.push(cyclic)
  let deep: unknown = 'x'
  for (let i = 0; i <= MAX_KEY_DEPTH; i++) deep = [deep]
  test.each<[string, unknown, RegExp]>([
    ['undefined', undefined, /^keyBy 'k': a key is undefined; a key must be a string, number.*: use null for "no key"/],
    ['an object', { id: 1 }, /a key is an object; .*: use the fields that identify it, as in \[user\.country, user\.id\]/],
    ['a Map', new Map(), /a key is a Map; .*use an array of its sorted elements/],
    ['a Date', new Date(0), /a key is a Date; .*use date\.getTime\(\)/],
    ['bytes', new Uint8Array(2), /a key is a Uint8Array; .*toString\('hex'\)/],
    ['a function', () => 1, /a key is (a|the) function/],
    ['a symbol', Symbol('s'), /a key is Symbol\(s\)/],
    ['a promise', Promise.resolve('a'), /a key is a Promise; .*cannot be awaited/],
    ['an instance', new (class User {})(), /a key is a User; /],
    ['undefined in a tuple', ['a', undefined], /a key is a tuple with undefined in it/],
    ['a hole in a tuple', ['a', , 'b'], /a key is a tuple with undefined in it/],
    ['a Date in a tuple in a tuple', ['a', ['b', new Date(0)]], /a key is a tuple with a Date in it/],
    ['a tuple that holds itself', cyclic, /nests tuples more than 32 deep, or holds itself/],
    ['what is too deep', deep, /nests tuples more than 32 deep/],
  ])('refuses %s', (_name, value, message) => {
    expect(() => assertKey(value, "keyBy 'k'")).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }))
    expect(() => assertKey(value, "keyBy 'k'")).toThrow(MillraceError)
    expect(() => assertKey(value, "keyBy 'k'")).toThrow(message)
  })
})

/** Different keys in their order. */
const ascending: readonly Key[] = [
  null,
  false,
  true,
  -Infinity,
  -1.5,
  -5e-324,
  0,
  5e-324,
  1,
  2,
  10,
  2 ** 53,
  Infinity,
  NaN,
  -(2n ** 80n),
  -256n,
  -255n,
  -1n,
  0n,
  1n,
  255n,
  256n,
  2n ** 80n,
  '',
  '\0',
  '\0\0',
  '\0a',
  '\u0001',
  '1',
  '10',
  '2',
  '__proto__',
  'a',
  'a\0',
  'ab',
  '\ud800',
  '\ud83d\ude00',
  '\udc00',
  '\uff5e',
  '\uffff',
  [],
  [null],
  [1],
  ['1'],
  ['a'],
  ['a', 1],
  ['a', 1, null],
  ['a', 2],
  ['a\0'],
  ['ab'],
  [[]],
  [[], []],
  [['a']],
  [['a'], 1],
  [['a', 1]],
]
const sign = (n: number): number => Math.sign(n)

describe('the order of keys', () => {
  test('is this, and that of the canonical bytes, for every two of them', () => {
    ascending.forEach((a, i) =>
      ascending.forEach((b, j) => {
        expect([a, b, sign(compareKeys(a, b))]).toEqual([a, b, sign(i - j)])
        expect([a, b, Buffer.compare(canonicalBytes(a), canonicalBytes(b))]).toEqual([a, b, sign(i - j)])
      }),
    )
  })

  test('is that of the canonical bytes for any keys', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => sign(compareKeys(a, b)) === Buffer.compare(canonicalBytes(a), canonicalBytes(b))),
      { numRuns: 5_000 },
    )
  })

  test('is antisymmetric, and 0 for a copy', () => {
    fc.assert(fc.property(anyKey, anyKey, (a, b) => sign(compareKeys(a, b)) === -sign(compareKeys(b, a)) && compareKeys(a, structuredClone(a)) === 0))
  })

  test('takes 0 and -0 for one, NaN and NaN for one', () => {
    expect(compareKeys(0, -0)).toBe(0)
    expect(compareKeys([NaN, -0], [NaN, 0])).toBe(0)
    expect(canonicalBytes(-0)).toEqual(canonicalBytes(0))
  })
})

describe('hashKey', () => {
  // These say where the state of every job lives. They may never change.
  test.each<[Key, number]>([
    ['', 1_558_924_552],
    ['a', 172_820_105],
    ['ab', 1_478_149_534],
    ['abc', 3_915_420_200],
    ['ORD-LAX', 667_641_935],
    ['Zürich', 611_900_741],
    ['\ud800', 435_328_672],
    ['__proto__', 1_276_491_231],
    [0, 3_388_191_037],
    [1, 3_502_210_637],
    [-1.5, 1_331_639_337],
    [NaN, 3_671_420_192],
    [Infinity, 804_119_321],
    [1_790_000_000_000, 3_467_590_737],
    [0n, 392_495_435],
    [1n, 1_093_708_638],
    [-1n, 2_584_798_976],
    [2n ** 100n, 2_771_937_523],
    [true, 2_247_144_487],
    [false, 821_347_078],
    [null, 1_364_076_727],
    [[], 415_870_660],
    [['a'], 3_572_697_369],
    [['a', 1], 1_797_125_732],
    [['a', [1, null]], 42_064_931],
  ])('of %s is %i for ever', (key, hash) => {
    expect(hashKey(key)).toBe(hash)
  })

  test('is the same for equal keys, and 32 bits without a sign', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const hash = hashKey(key)
        return hash === hashKey(structuredClone(key)) && Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32
      }),
    )
    expect(hashKey(-0)).toBe(hashKey(0))
  })

  test('tells apart what compareKeys tells apart, but for chance', () => {
    expect(new Set(ascending.map(hashKey)).size).toBe(ascending.length)
  })

  test.each<[string, (i: number) => Key]>([
    ['numbers in a row', (i) => i],
    ['multiples of 64', (i) => i * 64],
    ['times', (i) => 1_790_000_000_000 + i * 5_000],
    ['short texts', (i) => `k${i}`],
    ['long texts that end alike', (i) => `${i}/a/rather/long/path/with/the/same/end`],
    ['bigints', (i) => BigInt(i) << 40n],
    ['tuples', (i) => [`user-${i % 10}`, Math.floor(i / 10)]],
  ])('spreads %s evenly', (_name, keyOf) => {
    for (const partitions of [2, 3, 7, 16, 64]) {
      const counts = Array.from({ length: partitions }, () => 0)
      const n = 1_000 * partitions
      for (let i = 0; i < n; i++) counts[partitionOf(keyOf(i), partitions)]!++
      const chiSquare = counts.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0)
      // Five standard deviations above its mean: fixed keys, so this cannot fail by chance.
      expect(chiSquare).toBeLessThan(partitions - 1 + 5 * Math.sqrt(2 * (partitions - 1)))
    }
  })
})

test('partitionOf: all keys in the one partition there is', () => {
  expect(partitionOf('a', 1)).toBe(0)
})

describe('keyToString', () => {
  test.each<[Key, string]>([
    ['a', '"a"'],
    ['1', '"1"'],
    [1, '1'],
    [1n, '1n'],
    [-0, '0'],
    [null, 'null'],
    [true, 'true'],
    [['a', [1, NaN], []], '["a", [1, NaN], []]'],
    ['\ud800', '"\\ud800"'],
  ])('%s', (key, text) => {
    expect(keyToString(key)).toBe(text)
  })

  test('is another for every key', () => {
    fc.assert(fc.property(anyKey, anyKey, (a, b) => (compareKeys(a, b) === 0) === (keyToString(a) === keyToString(b))))
    expect(new Set(ascending.map(keyToString)).size).toBe(ascending.length)
  })
})
