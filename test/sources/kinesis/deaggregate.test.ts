import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deaggregate, looksAggregated } from '../../../lib/sources/kinesis/deaggregate.ts'
import type { RawRecord } from '../../../lib/plan/compute.ts'

interface Made {
  readonly name: string
  readonly blob: string
  readonly records: readonly { readonly partitionKey: string; readonly data: string }[]
}
/** By AWS's own encoder: see make-aggregates.mjs there. */
const made = JSON.parse(readFileSync(new URL('../../fixtures/kpl/aggregates.json', import.meta.url), 'utf8')) as readonly Made[]

const raw = (data: string | Uint8Array): RawRecord => ({ sequenceNumber: '4959', index: 0, data, partitionKey: 'outer', arrivalMs: 1_000 })
const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))

/** A message with magic and the right MD5 around it. */
const sealed = (message: readonly number[] | Uint8Array): Uint8Array =>
  new Uint8Array(Buffer.concat([Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2), Uint8Array.from(message), createHash('md5').update(Uint8Array.from(message)).digest()]))

const field = (number: number, content: readonly number[]): readonly number[] => [(number << 3) | 2, content.length, ...content]
const key = (text: string): readonly number[] => field(1, [...Buffer.from(text)])
const record = (...content: readonly (readonly number[])[]): readonly number[] => field(3, content.flat())
const index = (n: number): readonly number[] => [0x08, n]
const hash = (n: number): readonly number[] => [0x10, n]
const data = (text: string): readonly number[] => field(3, [...Buffer.from(text)])

describe('aggregates of an independent encoder', () => {
  test.each(made)('$name', ({ blob, records }) => {
    const expected = records.map(({ partitionKey, data }, i) => ({ sequenceNumber: '4959', index: i, data: bytes(data), partitionKey, arrivalMs: 1_000 }))
    expect(deaggregate(raw(blob))).toStrictEqual(expected)
    expect(deaggregate(raw(bytes(blob)))).toStrictEqual(expected)
    expect(looksAggregated(blob) && looksAggregated(bytes(blob))).toBe(true)
  })

  test('every damaged byte of one makes it a plain record', () => {
    const good = bytes(made[2]!.blob)
    for (let i = 0; i < good.length; i++) {
      const damaged = raw(good.map((byte, at) => (at === i ? byte ^ 0x10 : byte)))
      expect(deaggregate(damaged)).toEqual([damaged])
    }
    for (let length = 0; length < good.length; length++) {
      const cut = raw(good.slice(0, length))
      expect(deaggregate(cut)).toEqual([cut])
    }
  })
})

describe('aggregates made by hand, with the right MD5', () => {
  const one = [...key('k'), ...record(index(0), data('a'))]
  const expected = [{ partitionKey: 'k', data: new Uint8Array([97]) }]
  test.each<[string, readonly number[]]>([
    ['the plain case', one],
    ['tables behind the records', [...record(index(0), data('a')), ...key('k')]],
    ['tags', [...key('k'), ...record(index(0), data('a'), field(4, [...field(1, [116]), ...field(2, [118])]))]],
    ['unknown fields of every wire type', [0x78, 0x96, 0x01, 0x7a, 0x01, 0xff, 0x7d, 1, 2, 3, 4, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, ...one]],
    ['an unknown field in a record', [...key('k'), ...record([0x78, 0x05], index(0), data('a'))]],
    ['fields in another order', [...key('k'), ...record(data('a'), index(0))]],
    ['the last of a field given twice', [...key('x'), ...key('k'), ...record(data('z'), index(0), data('a'), index(1))]],
    ['an index in more bytes than it needs', [...key('k'), ...record([0x08, 0x80, 0x80, 0x00], data('a'))]],
    ['an explicit hash key', [...key('k'), ...field(2, [53]), ...record(index(0), hash(0), data('a'))]],
  ])('%s', (_name, message) => {
    expect(deaggregate(raw(sealed(message)))).toMatchObject(expected)
    expect(deaggregate(raw(Buffer.from(sealed(message)).toString('base64')))).toMatchObject(expected)
  })

  test.each<[string, readonly number[]]>([
    ['no records', key('k')],
    ['nothing at all', []],
    ['a key index beyond the table', [...key('k'), ...record(index(1), data('a'))]],
    ['a hash key index beyond the table', [...one, ...record(index(0), hash(0), data('b'))]],
    ['a record without a key', [...key('k'), ...record(data('a'))]],
    ['a record without data', [...key('k'), ...record(index(0))]],
    ['a record of another length', [...key('k'), 0x1a, 100, ...index(0), ...data('a')]],
    ['a varint without an end', [...one, 0x78, ...Array.from({ length: 12 }, () => 0xff)]],
    ['a varint cut short', [...one, 0x78, 0x80]],
    ['a group', [...one, 0x7b, 0x7c]],
    ['a fixed field cut short', [...one, 0x7d, 1]],
    ['a length of 2^63', [...one, 0x7a, ...Array.from({ length: 9 }, () => 0xff), 0x01]],
    ['JSON', [...Buffer.from('{"a":1}')]],
    ['the text in the place of a record', [...key('k'), ...field(3, [...Buffer.from('no message')])]],
  ])('%s: a plain record', (_name, message) => {
    const plain = raw(sealed(message))
    expect(deaggregate(plain)).toEqual([plain])
  })

  test('whatever stands between magic and MD5, something comes back and nothing throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom<readonly number[]>([], one, key('k')), (noise, prefix) => {
        const seen = deaggregate(raw(sealed([...prefix, ...noise])))
        expect(seen.length).toBeGreaterThan(0)
        seen.forEach((r, i) => expect(r).toMatchObject({ sequenceNumber: '4959', index: i, arrivalMs: 1_000 }))
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('plain records', () => {
  test.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['no bytes', new Uint8Array(0)],
    ['text', 'aGVsbG8='],
    ['the magic alone', '84mawg=='],
    ['the magic and less than an MD5', Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2, 1, 2)],
    ['what begins almost alike', Uint8Array.of(0xf3, 0x89, 0x9a, 0xc3)],
  ])('%s comes back as it is', (_name, content) => {
    const plain = raw(content)
    expect(deaggregate(plain)[0]).toBe(plain)
  })

  test('the guess from base64 is the guess from bytes', () => {
    const some = fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc.uint8Array({ minLength: 1, maxLength: 4 }).map((tail) => Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2, ...tail)),
      fc.nat(255).map((last) => Uint8Array.of(0xf3, 0x89, 0x9a, last, 7)),
    )
    fc.assert(fc.property(some, (content) => looksAggregated(Buffer.from(content).toString('base64')) === looksAggregated(content)))
  })
})
