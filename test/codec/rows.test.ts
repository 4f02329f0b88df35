import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compress, decodeRows, decodeValue, decompress, encodeRows, encodeValue } from '../../lib/codec/rows.ts'
import { MillraceError } from '../../lib/values/errors.ts'

const anyString = fc.string({ unit: 'binary', maxLength: 8 }).map((s) => s) // whole code points
const lone = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 5 }).map((units) => String.fromCharCode(...units))
const name = fc.oneof(anyString, lone, fc.constantFrom('__proto__', 'constructor', 'toJSON', 'hasOwnProperty', '0', ''))

/** Sets `__proto__` as an ordinary property, as JSON.parse does. */
function objectOf(entries: readonly (readonly [string, unknown])[]): object {
  const object = {}
  for (const [key, value] of entries) Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
  return object
}

const { value: anyValue } = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom<unknown>(null, undefined, true, false, NaN, -0, 0, Infinity, -Infinity, 2 ** 53, -(2 ** 31), 2 ** 31, 2 ** 32),
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    anyString,
    lone,
    fc.date({ noInvalidDate: false }),
    fc.uint8Array({ maxLength: 6 }),
  ),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 6 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 5 }).map(objectOf),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 4 }).map((members) => new Set(members)),
  ),
}))

const PLAIN = { noNullPrototype: true } as const

/** Rows as programs make them: many of one shape. */
const shapedRows = fc.oneof(
  fc.array(fc.tuple(fc.string(), fc.integer())),
  fc.array(fc.tuple(fc.string(), fc.tuple(fc.double(), fc.constant(1)))),
  fc.array(fc.tuple(fc.tuple(fc.string(), fc.nat(3)), fc.record({ a: fc.integer(), b: fc.record({ c: fc.boolean() }, PLAIN), d: anyValue }, PLAIN))),
  fc.array(fc.record({ a: fc.nat(), b: fc.string() }, { requiredKeys: ['a'], ...PLAIN })),
  fc.array(fc.tuple(fc.string(), fc.array(fc.string()))),
  fc.array(fc.constantFrom('x', 'y')),
  fc.array(fc.integer({ min: -200, max: 200 })),
  fc.array(fc.oneof(fc.tuple(fc.string(), fc.integer()), fc.tuple(fc.string(), fc.constant(undefined), fc.array(fc.integer())))),
  fc.array(fc.uint8Array()),
  fc.array(anyValue, { maxLength: 12 }),
)

describe('values', () => {
  test('come out deep-equal', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        // Not toStrictEqual: a property called `constructor` misleads it.
        expect(isDeepStrictEqual(decodeValue(encodeValue(value)), value)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each<[string, unknown]>([
    ['__proto__ as an ordinary name', JSON.parse('{"__proto__":{"a":1},"b":[{"__proto__":2}]}')],
    ['a bigint of 1,000 digits', BigInt('9'.repeat(1000))],
    ['a negative bigint', -(2n ** 64n)],
    ['an array that begins with undefined', [undefined, 0, 'a']],
    ['an array that looks like the wire form', [undefined, 2, 'ff']],
    ['a lone surrogate', 'a\ud800b'],
    ['a lone surrogate as a name', { '\udc00': 1 }],
    ['names of methods', { constructor: 1, toJSON: 2, toString: 3, valueOf: 4, then: 5 }],
    ['an invalid date', new Date(NaN)],
    ['numbers that look like others', [-0, 0, NaN, 5, 5n, '5', 2 ** 40, 1e300, 5e-324]],
    ['a Map of Maps', new Map([[new Date(5), new Map([[[1], new Set([undefined])]])]])],
    ['a string of 70,000 characters', 'é'.repeat(70_000)],
    ['properties in an order of their own', { b: 1, a: 2, 1: 3 }],
  ])('%s', (_name, value) => {
    const back = decodeValue(encodeValue(value))
    expect(back).toStrictEqual(value)
    if (typeof value === 'object' && value !== null) expect(Object.keys(back as object)).toEqual(Object.keys(value))
  })

  test('keep signs and kinds that equality does not see', () => {
    const back = decodeValue(encodeValue([-0, Buffer.from('ab'), Object.create(null, { a: { value: 1, enumerable: true } })])) as readonly unknown[]
    expect(Object.is(back[0], -0)).toBe(true)
    expect((back[1] as object).constructor).toBe(Uint8Array)
    expect(Object.getPrototypeOf(back[2])).toBe(Object.prototype)
  })

  test('share no memory with the bytes, nor the bytes with the value', () => {
    const data = new Uint8Array([1, 2, 3])
    const bytes = encodeValue({ data, text: 'abc' })
    data.fill(9)
    const back = decodeValue(bytes)
    bytes.fill(0)
    expect(back).toStrictEqual({ data: new Uint8Array([1, 2, 3]), text: 'abc' })
  })

  const cyclic: { self?: unknown } = {}
  cyclic.self = [cyclic]
  let deep: unknown = 1
  for (let i = 0; i < 200; i++) deep = [deep]
  class Point {
    x = 1
  }
  test.each<[string, unknown, RegExp]>([
    ['a function', { a: [1, { f: Math.max }] }, /^value\.a\[1\]\.f cannot be stored: it is the function max/],
    ['a symbol', [Symbol('s')], /^value\[0\] cannot be stored: it is the symbol/],
    ['a promise', { p: Promise.resolve(1) }, /^value\.p cannot be stored: it is a promise; .*await/],
    ['an instance', new Map([['k', new Point()]]), /^value\.get\(the string "k"\) cannot be stored: it is an instance of Point/],
    ['a Map of a subclass', new (class Special extends Map {})(), /^value cannot be stored: it is an instance of Special/],
    ['another typed array', { 'odd name': new Float32Array(2) }, /^value\["odd name"\] cannot be stored: it is an instance of Float32Array; .*Uint8Array/],
    ['a RegExp', /x/, /^value cannot be stored: it is an instance of RegExp/],
    ['an Error', new Set([new Error('x')]), /^value\.<member> cannot be stored: it is an instance of Error/],
    ['a hole', [1, , 3], /^value\[1\] cannot be stored: it is a hole/],
    ['a value that holds itself', cyclic, /^value\.self\[0\] cannot be stored: it holds itself/],
    ['what is too deep', deep, /nested more than 100 deep/],
    ['a boxed number', Object(5), /instance of Number/],
  ])('%s is refused', (_name, value, message) => {
    expect(() => encodeValue(value)).toThrow(MillraceError)
    expect(() => encodeValue(value)).toThrow(message)
    const rows = [
      ['a', value],
      ['b', 1],
      ['c', 1],
      ['d', 1],
      ['e', value],
    ]
    expect(() => encodeRows(rows)).toThrow(expect.objectContaining({ code: 'BAD_VALUE', message: expect.stringMatching(/^rows\[0\]\[1\]/) }))
  })
})

describe('rows', () => {
  test('come out deep-equal, and the same rows give the same bytes', () => {
    fc.assert(
      fc.property(shapedRows, (rows) => {
        const bytes = encodeRows(rows)
        expect(isDeepStrictEqual(decodeRows(bytes), rows)).toBe(true)
        expect(encodeRows(structuredClone(rows))).toEqual(bytes)
      }),
      { numRuns: 1_000 },
    )
  })

  test.each<[string, readonly unknown[]]>([
    ['none', []],
    ['one', [['a', 1]]],
    ['bytes', [...'abcdef'].map((k, i) => [k, i * 20])],
    ['16 bits', [...'abcdef'].map((k, i) => [k, i * -6000])],
    ['32 bits', [...'abcdef'].map((k, i) => [k, i * 400_000_000])],
    ['floats, and -0', [0, -0, 1.5, NaN, 2 ** 31]],
    ['a hole is not undefined', [[undefined], [undefined], [undefined], [undefined]]],
    ['empty tuples', [[], [], [], []]],
    ['empty objects', [{}, {}, {}, {}]],
    [
      'objects with other orders of names',
      [
        { a: 1, b: 2 },
        { b: 1, a: 2 },
        { a: 1, b: 2 },
        { a: 1, b: 2 },
      ],
    ],
    ['objects among others', [{ a: 1 }, { a: 1 }, [1], null, new Map()]],
    [
      'uncombined values',
      [
        ['a', 1],
        ['b', undefined, [1, 2]],
        ['c', 3],
        ['d', 4],
      ],
    ],
    ['dates', Array.from({ length: 5 }, (_, i) => [`k${i}`, new Date(i)])],
  ])('%s', (_name, rows) => {
    const back = decodeRows(encodeRows(rows))
    expect(back).toStrictEqual(rows)
    back.flat().forEach((part, i) => expect(Object.is(part, rows.flat()[i]) || typeof part === 'object').toBe(true))
  })

  test('share no memory with the bytes', () => {
    const rows = Array.from({ length: 9 }, (_, i) => [new Uint8Array([i, 1]), i * 1.5])
    const bytes = encodeRows(rows)
    const back = decodeRows(bytes)
    bytes.fill(0)
    expect(back).toStrictEqual(rows)
  })

  test('are small: a number takes a byte where it can, a constant nothing', () => {
    const keys = Array.from({ length: 1_000 }, (_, i) => `k${i % 10}`)
    const size = (value: (i: number) => unknown): number => encodeRows(keys.map((k, i) => [k, value(i)])).length
    const bare = encodeRows(keys).length
    expect(size(() => 1) - bare).toBeLessThan(20)
    expect(size((i) => i % 100) - bare).toBeLessThan(1_020)
    expect(size((i) => i) - bare).toBeLessThan(2_020)
    expect(size((i) => ({ longFieldName: i % 100, another: 'x' })) - bare).toBeLessThan(1_100)
  })
})

describe('damaged bytes', () => {
  test('are an error with a code, never another value silently read past the end', () => {
    const bytes = encodeRows([
      ['a', 1],
      ['b', 2],
      ['c', 3],
      ['d', 4],
    ])
    for (const damaged of [bytes.slice(0, -1), Uint8Array.of(...bytes, 0), new Uint8Array(0), Uint8Array.of(0xc1)]) {
      expect(() => decodeRows(damaged)).toThrow(expect.objectContaining({ code: 'CORRUPT_ENTRY' }))
    }
    expect(() => decodeValue(new Uint8Array(0))).toThrow(expect.objectContaining({ code: 'CORRUPT_ENTRY' }))
  })
})

describe('any damaged bytes', () => {
  const corrupt = expect.objectContaining({ code: 'CORRUPT_ENTRY' })

  test('are CORRUPT_ENTRY or other values, soon and in little memory', () => {
    const change = fc.tuple(fc.nat(), fc.nat(255))
    fc.assert(
      fc.property(
        fc.oneof(shapedRows, fc.array(anyValue)),
        fc.boolean(),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.nat(),
        (rows, asRows, changes, cut) => {
          const bytes = asRows ? encodeRows(rows) : encodeValue(rows)
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte
          const damaged = bytes.subarray(0, bytes.length - (cut % 3 === 0 ? cut % bytes.length : 0))
          try {
            if (asRows) decodeRows(damaged)
            else decodeValue(damaged)
          } catch (error) {
            expect(error).toEqual(corrupt)
          }
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test.each<[string, number[]]>([
    ['four billion times the same', [0x93, 4, 0xce, 0xff, 0xff, 0xff, 0xff, 0xa1, 0x61]],
    ['a number of rows that is none', [0x93, 4, 0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xa1, 0x61]],
    ['four billion empty tuples', [0x92, 5, 0xce, 0xff, 0xff, 0xff, 0xff]],
    ['three tuples of two values', [0x93, 5, 3, 0x92, 0, 0x92, 1, 2]],
    ['two objects of one value', [0x94, 6, 2, 0x91, 0xa1, 0x61, 0x92, 0, 0x91, 1]],
    ['lists of three of four elements', [0x93, 7, 0x92, 0, 0x92, 1, 2, 0x92, 0, 0x94, 1, 2, 3, 4]],
    ['lists of five of four elements', [0x93, 7, 0x92, 0, 0x92, 1, 4, 0x92, 0, 0x94, 1, 2, 3, 4]],
    ['half a float', [0x92, 3, 0xc4, 4, 0, 0, 0, 0]],
    ['a kind of column that is none', [0x92, 9, 0]],
  ])('%s', (_name, bytes) => {
    expect(() => decodeRows(Uint8Array.from(bytes))).toThrow(corrupt)
  })

  test('what looks like them, undamaged', () => {
    expect(decodeRows(Uint8Array.from([0x93, 5, 2, 0x92, 0, 0x92, 1, 2]))).toEqual([[1], [2]])
    expect(decodeRows(Uint8Array.from([0x93, 7, 0x92, 0, 0x92, 1, 3, 0x92, 0, 0x94, 1, 2, 3, 4]))).toEqual([[1], [2, 3, 4]])
  })
})

describe('compress', () => {
  test.each([0, 1, 63, 64, 1_000, 300_000])('%i bytes come back, in memory of their own', (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => i % 7)
    const packed = compress(bytes)
    const back = decompress(packed)
    const fromBuffer = decompress(Buffer.from(packed.buffer))
    packed.fill(0)
    expect(back).toStrictEqual(bytes)
    expect(fromBuffer).toStrictEqual(bytes)
  })

  test('takes one byte more than what does not get smaller, and less than a tenth of what repeats', () => {
    const noise = Uint8Array.from({ length: 1_000 }, (_, i) => Math.imul(i, 2654435761) >>> 24)
    expect(compress(noise.slice(0, 40)).length).toBe(41)
    expect(compress(new Uint8Array(10_000)).length).toBeLessThan(1_000)
    expect(decompress(compress(noise))).toStrictEqual(noise)
  })

  test('tells damaged bytes', () => {
    const packed = compress(new Uint8Array(10_000))
    for (const damaged of [new Uint8Array(0), Uint8Array.of(7, 1, 2), packed.slice(0, -3), Uint8Array.of(1, 1, 2, 3)]) {
      expect(() => decompress(damaged)).toThrow(expect.objectContaining({ code: 'CORRUPT_ENTRY' }))
    }
  })
})
