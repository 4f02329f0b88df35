import { describe, expect, test } from 'vitest'
import { milliseconds } from '../../lib/values/duration.ts'
import { interval as between, type Interval } from '../../lib/values/interval.ts'
import { Time, time } from '../../lib/values/time.ts'

const ms = milliseconds

describe('Time', () => {
  test.each<[string, { readonly milliseconds: number }, number]>([
    ['plus', time(1_000).plus(ms(100)), 1_100],
    ['minus a duration', time(1_000).minus(ms(100)), 900],
    ['minus a time', time(1_000).minus(time(100)), 900],
    ['min', time(1_000).min(time(999)), 999],
    ['max', time(1_000).max(time(999)), 1_000],
    ['floor', time(1_350).floor(ms(200)), 1_200],
    ['floor of a multiple', time(1_200).floor(ms(200)), 1_200],
    ['floor below one step', time(199).floor(ms(200)), 0],
    ['floor from a zero', time(1_350).floor(ms(200), time(50)), 1_250],
    ['floor from a zero that hits', time(1_350).floor(ms(200), time(150)), 1_350],
    ['floor before the zero, towards it', time(100).floor(ms(200), time(250)), 250],
  ])('%s', (_name, value, expected) => {
    expect(value.milliseconds).toBe(expected)
  })

  test('a time minus a time is a duration, minus a duration a time', () => {
    expect(time(5).minus(time(3))).toStrictEqual(ms(2))
    expect(time(5).minus(ms(3))).toStrictEqual(time(2))
  })

  test.each([
    [999, 1_000],
    [0, 1],
    [1_000, 999],
    [1_000, 1_000],
  ])('compares %i with %i', (a, b) => {
    expect([time(a).less(time(b)), time(a).lessEq(time(b)), time(a).greater(time(b)), time(a).greaterEq(time(b)), time(a).equals(time(b))]).toEqual([
      a < b,
      a <= b,
      a > b,
      a >= b,
      a === b,
    ])
  })

  test.each<['until' | 'to', number, number, readonly number[]]>([
    ['until', 1_100, 100, [1_000]],
    ['until', 1_000, 100, []],
    ['until', 1_100, 30, [1_000, 1_030, 1_060, 1_090]],
    ['to', 1_100, 100, [1_000, 1_100]],
    ['to', 1_000, 100, [1_000]],
    ['to', 1_100, 30, [1_000, 1_030, 1_060, 1_090]],
    ['to', 900, 100, []],
  ])('1000 %s %i by %i', (method, end, step, expected) => {
    expect(
      time(1_000)
        [method](time(end), ms(step))
        .map((t) => t.milliseconds),
    ).toEqual(expected)
  })

  test('isMultipleOf', () => {
    expect([5, 1_000, 1, 6].map((n) => time(1_000).isMultipleOf(ms(n)))).toEqual([true, true, true, false])
  })

  test('as text', () => {
    expect(`${time(1_790_000_000_123)}`).toBe('1790000000123 ms')
    expect(time(1_790_000_000_123).toISOString()).toBe('2026-09-21T14:13:20.123Z')
  })

  test('is a value', () => {
    expect(Object.isFrozen(time(5))).toBe(true)
    expect(time(5)).toStrictEqual(new Time(5))
  })

  test.each<[string, () => unknown, RegExp]>([
    ['a Date', () => time(new Date(5) as never), /got a Date as its epoch milliseconds.*use getTime\(\)/],
    ['a fraction', () => time(0.1), /whole number/],
    ['a floor of no length', () => time(5).floor(ms(0)), /Time\.floor got a step of 0 ms: it must be longer/],
    ['an endless range', () => time(5).to(time(9), ms(0)), /Time\.to got a step of 0 ms/],
    ['a range backwards', () => time(5).until(time(9), ms(-1)), /Time\.until got a step of -1 ms/],
    ['ISO text of a time that no calendar has', () => time(Number.MAX_SAFE_INTEGER).toISOString(), /has no ISO form/],
  ])('refuses %s', (_name, make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: 'BAD_VALUE', message: expect.stringMatching(message) }))
  })
})

describe('Interval', () => {
  const interval = (begin: number, end: number): Interval => between(time(begin), time(end))

  test('knows its length and moves', () => {
    expect(interval(1_000, 3_000).duration).toStrictEqual(ms(2_000))
    expect(interval(1_000, 3_000).plus(ms(500))).toStrictEqual(interval(1_500, 3_500))
    expect(interval(1_000, 3_000).minus(ms(500))).toStrictEqual(interval(500, 2_500))
    expect(`${interval(1_000, 3_000)}`).toBe('[1000 ms, 3000 ms]')
  })

  test.each([
    [0, 1],
    [1, 0],
    [1, 1],
  ])('compares those that end at %i and %i', (a, b) => {
    const [x, y] = [interval(a, a + 10), interval(b, b + 10)]
    expect([x.less(y), x.lessEq(y), x.greater(y), x.greaterEq(y), x.equals(y)]).toEqual([a < b, a <= b, a > b, a >= b, a === b])
  })

  test('refuses to end before it begins, and to compare lengths', () => {
    expect(() => interval(2, 1)).toThrow(/begin 2 ms and end 1 ms: it must not end before it begins; swap them/)
    expect(() => interval(0, 1).less(interval(0, 2))).toThrow(/only intervals of the same length/)
  })
})
