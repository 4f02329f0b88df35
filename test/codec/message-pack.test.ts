// Our MessagePack beside msgpackr, which is here for nothing else.
import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { describe, expect, test } from 'vitest'
import { pack } from '../../lib/codec/pack.ts'
import { unpack } from '../../lib/codec/unpack.ts'

const packr = new Packr({ useRecords: false, variableMapSize: true })
const theirPack = (value: unknown): Uint8Array => new Uint8Array(packr.pack(value))
const theirUnpack = (bytes: Uint8Array): unknown => packr.unpack(Buffer.from(bytes))

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 70 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom(0x1f, 0x20, 0x30, 0x31, 0xff, 0x100).chain((length) => fc.constantFrom('a', 'é', '東').map((unit) => unit.repeat(length))),
)
const name = text.filter((s) => s !== '__proto__' && s !== 'constructor' && s !== 'toJSON')
const edges = [0x1f, 0x20, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53]
const { value: anyValue } = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom<unknown>(null, undefined, true, false, NaN, 0, Infinity, -Infinity),
    fc.constantFrom(...edges, ...edges.map((n) => -n), ...edges.map((n) => -n - 1)),
    fc.double().filter((n) => !Object.is(n, -0)), // msgpackr writes 0
    fc.integer(),
    text,
    fc.uint8Array({ maxLength: 300 }),
  ),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(name, tie('value'), { maxKeys: 20, noNullPrototype: true }),
  ),
}))

const large: readonly (readonly [string, unknown])[] = [
  ...[0x1f, 0x20, 0xff, 0x100, 0x7fff, 0xffff, 0x10000].flatMap((length) =>
    ['a', 'é', '東', '😀'].map((unit) => [`${length} times ${unit}`, ['x', unit.repeat(length), 'y']] as const),
  ),
  ['an array of 70,000', Array.from({ length: 70_000 }, (_, i) => i)],
  ['an object of 70,000 properties', Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i]))],
  ['an array of 300', Array.from({ length: 300 }, () => null)],
  ['70,000 bytes', new Uint8Array(70_000).fill(7)],
  ['300,000 bytes between strings', ['a', new Uint8Array(300_000).fill(7), 'b'.repeat(300_000), 'c']],
]

describe('what we write', () => {
  test('is byte for byte what msgpackr writes, and both read it back', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = pack(value)
        expect(Buffer.compare(bytes, theirPack(value))).toBe(0)
        expect(unpack(bytes)).toStrictEqual(plain(theirUnpack(bytes)))
        expect(unpack(bytes)).toStrictEqual(value)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each(large)('%s', (_name, value) => {
    const bytes = pack(value)
    expect(Buffer.compare(bytes, theirPack(value))).toBe(0)
    expect(unpack(bytes)).toStrictEqual(value)
  })

  test('may pack something else on the way: a getter that does', () => {
    const value = {
      a: 'before',
      get b(): string {
        return Buffer.from(pack(['inner', 1])).toString('hex')
      },
      c: 'after',
    }
    expect(unpack(pack(value))).toStrictEqual({ a: 'before', b: '92a5696e6e657201', c: 'after' })
  })

  test.each([
    ['a function', [() => 1], /MessagePack holds no function/],
    ['a bigint', [1n], /MessagePack holds no bigint/],
  ])('%s is refused, and the next value is well', (_name, value, message) => {
    expect(() => pack(['x'.repeat(100), value])).toThrow(message)
    expect(unpack(pack('next'))).toBe('next')
  })
})

describe('damaged bytes', () => {
  test('are an error or a value, at once and without more memory than they could hold', () => {
    fc.assert(
      fc.property(anyValue, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }), fc.nat(), (value, changes, cut) => {
        const damaged = pack(value)
        for (const [at, byte] of changes) damaged[at % damaged.length] = byte
        try {
          unpack(damaged.subarray(0, 1 + (cut % damaged.length)))
        } catch (error) {
          expect((error as Error).message).toMatch(/^(the \d+ bytes end|the value ends at|byte \d+ )|not named by a string/)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test.each<[string, number[], RegExp]>([
    ['none', [], /the 0 bytes end/],
    ['a byte that begins nothing', [0xc1], /byte 0 is 0xc1/],
    ['another extension', [0xd4, 1, 0], /byte 2 is 0xd4|begins nothing/],
    ['more behind the value', [0x01, 0x02], /ends at byte 1, but more follows/],
    ['a string that is longer than what is left', [0xdb, 0xff, 0xff, 0xff, 0xff, 0x61], /the 6 bytes end in the middle/],
    ['bytes that are longer', [0xc6, 0xff, 0xff, 0xff, 0xff, 0x61], /the 6 bytes end/],
    ['an array that is longer', [0xdd, 0xff, 0xff, 0xff, 0xff, 0x61], /the 6 bytes end/],
    ['a map that is longer', [0xdf, 0x7f, 0xff, 0xff, 0xff, 0xa1, 0x61], /the 7 bytes end/],
    ['half a number', [0xcb, 1, 2, 3], /the 4 bytes end/],
    ['a name that is a number', [0x81, 1, 1], /not named by a string/],
    ['the name __proto__', [0x81, 0xa9, ...Buffer.from('__proto__'), 0x80], /__proto__/],
    ['arrays in arrays without end', Array<number>(100_000).fill(0x91), /nested more than 400 deep/],
  ])('%s', (_name, bytes, message) => {
    expect(() => unpack(Uint8Array.from(bytes))).toThrow(message)
  })
})

/** msgpackr reads bytes as Buffers. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]))
}
