import { describe, expect, test } from 'vitest'
import { Duration, hours, milliseconds, minutes, seconds } from '../../lib/values/duration.ts'

const ms = milliseconds

describe('Duration', () => {
  test.each<[string, Duration, number]>([
    ['milliseconds', milliseconds(100), 100],
    ['seconds', seconds(30), 30_000],
    ['a fraction of a second', seconds(0.25), 250],
    ['a fraction that floating point misses', seconds(1.005), 1_005],
    ['minutes', minutes(2), 120_000],
    ['hours', hours(24 * 365), 31_536_000_000],
    ['plus', ms(1_000).plus(ms(100)), 1_100],
    ['minus', ms(1_000).minus(ms(100)), 900],
    ['minus, below zero', ms(100).minus(ms(1_000)), -900],
    ['times', ms(100).times(2), 200],
    ['times nothing', ms(-100).times(0), 0],
    ['times a half', ms(100).times(0.5), 50],
    ['min', ms(999).min(ms(1_000)), 999],
    ['max', ms(999).max(ms(1_000)), 1_000],
  ])('%s', (_name, duration, expected) => {
    expect(duration.milliseconds).toBe(expected)
  })

  test.each([
    [1_000, 5, 200],
    [1_000, 1_000, 1],
    [1_000, 2_000, 0.5],
  ])('%i ms by %i ms', (a, b, quotient) => {
    expect(ms(a).div(ms(b))).toBe(quotient)
  })

  test.each([
    [999, 1_000],
    [0, 1],
    [1_000, 999],
    [1_000, 1_000],
    [-1, 1],
  ])('compares %i ms with %i ms', (a, b) => {
    expect([ms(a).less(ms(b)), ms(a).lessEq(ms(b)), ms(a).greater(ms(b)), ms(a).greaterEq(ms(b)), ms(a).equals(ms(b))]).toEqual([
      a < b,
      a <= b,
      a > b,
      a >= b,
      a === b,
    ])
  })

  test('isMultipleOf, isZero', () => {
    expect([5, 1_000, 1, 6].map((n) => ms(1_000).isMultipleOf(ms(n)))).toEqual([true, true, true, false])
    expect([ms(0).isZero(), ms(1).isZero()]).toEqual([true, false])
  })

  test.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1_500, '1.5 s'],
    [59_999, '60.0 s'],
    [60_000, '1.0 m'],
    [5_400_000, '1.50 h'],
  ])('%i ms is pretty as %s', (n, text) => {
    expect(ms(n).prettyPrint()).toBe(text)
    expect(`${ms(n)} ${ms(n).toFormattedString()}`).toBe(`${n} ms ${n}`)
  })

  test('is a value: frozen, and equal to another of the same length', () => {
    expect(Object.isFrozen(ms(5))).toBe(true)
    expect(ms(5)).toStrictEqual(new Duration(5))
  })

  test.each<[string, () => unknown, RegExp]>([
    ['a fraction of a millisecond', () => milliseconds(0.5), /got the number 0\.5 as its milliseconds: they must be a whole number/],
    ['NaN', () => milliseconds(NaN), /got the number NaN/],
    ['a string', () => seconds('5' as never), /^seconds\(\.\.\.\) got the string "5": it must be a number/],
    ['nothing', () => minutes(undefined as never), /^minutes\(\.\.\.\) got undefined/],
    ['a third of a second', () => seconds(1 / 3), /comes to whole milliseconds; round it, or use milliseconds/],
    ['more than numbers hold', () => hours(1e300), /^hours/],
    ['a product that is not whole', () => ms(1).times(0.5), /whole number/],
    ['a division by zero', () => ms(5).div(ms(0)), /5 ms cannot be divided by a duration of 0 ms/],
    ['a multiple of zero', () => ms(5).isMultipleOf(ms(0)), /0 ms/],
  ])('refuses %s', (_name, make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: 'BAD_VALUE', message: expect.stringMatching(message) }))
  })
})
