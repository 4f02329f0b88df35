import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalBytes } from '../../lib/values/canonical-bytes.ts'
import { KeyMap } from '../../lib/values/key-map.ts'
import type { Key } from '../../lib/values/key.ts'
import { anyKey } from './any-key.ts'

const text = (key: Key): string => Buffer.from(canonicalBytes(key)).toString('hex')

describe('KeyMap', () => {
  test.each<[Key, Key]>([
    [
      ['a', 1],
      ['a', 1],
    ],
    [
      ['a', ['b', NaN]],
      ['a', ['b', NaN]],
    ],
    [[], []],
    [NaN, NaN],
    [0, -0],
    [[0], [-0]],
    [2n ** 70n, 2n ** 70n],
    ['__proto__', '__proto__'],
  ])('has one place for %s and %s', (a, b) => {
    const map = new KeyMap<string>([[a, 'old']]).set(b, 'new')
    expect([map.size, map.get(a), map.get(b)]).toEqual([1, 'new', 'new'])
    expect(map.delete(a)).toBe(true)
    expect([map.size, map.has(b), map.delete(b)]).toEqual([0, false, false])
  })

  test.each<[Key, Key]>([
    [1, '1'],
    [1, 1n],
    [null, 'null'],
    [['a'], 'a'],
    [['a', 'b'], ['a,b']],
    [
      ['a', 'b'],
      ['a', ['b']],
    ],
    [[['a'], 'b'], [['a', 'b']]],
    [[], [[]]],
    [[[]], [[], []]],
    [['\ud800'], ['\ud801']],
    [true, 1],
  ])('tells %s from %s', (a, b) => {
    const map = new KeyMap<string>([
      [a, 'a'],
      [b, 'b'],
    ])
    expect([map.size, map.get(a), map.get(b)]).toEqual([2, 'a', 'b'])
    map.delete(a)
    expect([map.size, map.has(a), map.get(b)]).toEqual([1, false, 'b'])
  })

  test('keeps undefined as a value', () => {
    const map = new KeyMap<undefined>([
      ['a', undefined],
      [['a'], undefined],
    ])
    expect([map.size, map.has('a'), map.has(['a']), map.has(['b']), map.get(['a'])]).toEqual([2, true, true, false, undefined])
  })

  test('iterates over primitives as they came, then over tuples by their elements', () => {
    const map = new KeyMap<number>()
    for (const [i, key] of [['b', 1], 'x', ['a', 1], 1, ['b', 2], 'a', []].entries()) map.set(key, i)
    expect([...map]).toEqual([
      ['x', 1],
      [1, 3],
      ['a', 5],
      [[], 6],
      [['b', 1], 0],
      [['b', 2], 4],
      [['a', 1], 2],
    ])
    expect([...map.keys()]).toEqual([...map].map(([key]) => key))
    expect([...map.values()]).toEqual([...map].map(([, value]) => value))
    map.clear()
    expect([map.size, [...map]]).toEqual([0, []])
  })

  test('does the same as a Map of canonical texts, whatever is done to it', () => {
    const step = fc.tuple(fc.constantFrom('set', 'set', 'delete', 'get'), anyKey)
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const map = new KeyMap<number>()
        const model = new Map<string, number>()
        steps.forEach(([what, key], i) => {
          if (what === 'set') {
            map.set(key, i)
            model.set(text(key), i)
          } else if (what === 'delete') expect(map.delete(key)).toBe(model.delete(text(key)))
          expect(map.get(key)).toBe(model.get(text(key)))
          expect(map.has(key)).toBe(model.has(text(key)))
          expect(map.size).toBe(model.size)
        })
        expect(new Map([...map].map(([key, value]) => [text(key), value]))).toEqual(model)
      }),
      { numRuns: 500 },
    )
  })
})
