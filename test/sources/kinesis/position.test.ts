import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { comparePositions, padSequenceNumber } from '../../../lib/sources/kinesis/position.ts'

const at = (sequenceNumber: string, index = 0): { readonly sequenceNumber: string; readonly index: number } => ({ sequenceNumber, index })

describe('comparePositions', () => {
  const ascending = [
    at('0'),
    at('1'),
    at('1', 1),
    at('1', 10),
    at('9'),
    at('10'),
    at('9007199254740992'),
    at('9007199254740993'), // the same as the one before, as a Number
    at('49590338271490256608559692538361571095921575989136588898'),
    at('49590338271490256608559692538361571095921575989136588898', 1),
    at('49590338271490256608559692538361571095921575989136588899'),
    at('9'.repeat(56)),
  ]
  test('orders by number, then by index', () => {
    ascending.forEach((a, i) => ascending.forEach((b, j) => expect([i, j, Math.sign(comparePositions(a, b))]).toEqual([i, j, Math.sign(i - j)])))
  })

  test('is that of BigInt, with leading zeros or without', () => {
    const digits = fc.stringMatching(/^[0-9]{1,56}$/)
    fc.assert(fc.property(digits, digits, (a, b) => Math.sign(comparePositions(at(a), at(b))) === (BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0)))
    expect(comparePositions(at('000'), at('0'))).toBe(0)
    expect(comparePositions(at('007', 2), at('7', 1))).toBeGreaterThan(0)
  })
})

describe('padSequenceNumber', () => {
  test('makes texts sort as numbers do', () => {
    expect(padSequenceNumber('17')).toBe(`${'0'.repeat(54)}17`)
    expect(padSequenceNumber(`000${'9'.repeat(56)}`)).toBe('9'.repeat(56))
    expect(padSequenceNumber('0')).toBe('0'.repeat(56))
  })

  test.each(['', '-1', '1.5', 'LATEST', '9'.repeat(57), ' 1'])('refuses %j', (text) => {
    expect(() => padSequenceNumber(text)).toThrow(
      expect.objectContaining({ code: 'BAD_EVENT', message: expect.stringMatching(/must be 1 to 56 decimal digits/) }),
    )
  })
})
