import { expect, test } from 'vitest'
import { combineRows } from '../../lib/plan/combine.ts'

const sum = (a: unknown, b: unknown): unknown => {
  if (b === 'bad') throw new Error('bad')
  return (a as number) + (b as number)
}
const combiner = {
  mapSide: true,
  create: (value: unknown): unknown => {
    if (value === 'worse') throw new Error('worse')
    return value
  },
  mergeValue: sum,
  mergeCombiners: sum,
}

const cases = [
  { name: 'no rows', rows: [], combined: false, good: [], failed: [] },
  {
    name: 'keys in order, texts behind numbers',
    rows: [
      ['b', 1],
      ['a', 2],
      [3, 3],
      ['b', 4],
    ],
    combined: false,
    good: [
      [3, 3],
      ['a', 2],
      ['b', 5],
    ],
    failed: [],
  },
  {
    name: '-0 is the key 0, whichever comes first',
    rows: [
      [-0, 1],
      [0, 2],
    ],
    combined: false,
    good: [[0, 3]],
    failed: [],
  },
  {
    name: 'tuples by value',
    rows: [
      [['a', 1], 1],
      [['a', 0], 2],
      [['a', 1], 3],
    ],
    combined: false,
    good: [
      [['a', 0], 2],
      [['a', 1], 4],
    ],
    failed: [],
  },
  {
    name: 'what could not be combined before the shuffle is tried again',
    rows: [
      ['a', 1],
      ['a', undefined, [2, 3]],
      ['b', undefined, [4]],
    ],
    combined: true,
    good: [
      ['a', 6],
      ['b', 4],
    ],
    failed: [],
  },
  {
    name: 'combined rows of one block are done',
    rows: [
      [3, 1],
      ['a', 2],
      [['a'], 3],
    ],
    combined: true,
    good: [
      [3, 1],
      ['a', 2],
      [['a'], 3],
    ],
    failed: [],
  },
  {
    name: 'a key of two blocks, the last of the one and the first of the other',
    rows: [
      ['a', 1],
      ['b', 2],
      ['b', 3],
      ['c', 4],
    ],
    combined: true,
    good: [
      ['a', 1],
      ['b', 5],
      ['c', 4],
    ],
    failed: [],
  },
  {
    name: 'two blocks in order, with values that could not be combined at the end',
    rows: [
      ['b', 2],
      ['a', 1],
      ['c', undefined, [1, 'bad']],
    ],
    combined: true,
    good: [
      ['a', 1],
      ['b', 2],
    ],
    failed: [['c', [['c', undefined, [1, 'bad']]]]],
  },
  {
    name: 'a key that throws yields nothing, with all its rows, in the order in which keys threw',
    rows: [
      [['t'], 1],
      ['a', 1],
      ['b', 'worse'],
      [['t'], 'bad'],
      ['a', 'bad'],
      ['c', 1],
      [['t'], 2],
      ['b', 2],
    ],
    combined: false,
    good: [['c', 1]],
    failed: [
      [
        'b',
        [
          ['b', 'worse'],
          ['b', 2],
        ],
      ],
      [
        ['t'],
        [
          [['t'], 1],
          [['t'], 'bad'],
          [['t'], 2],
        ],
      ],
      [
        'a',
        [
          ['a', 1],
          ['a', 'bad'],
        ],
      ],
    ],
  },
]

test.each(cases)('$name', ({ rows, combined, good, failed }) => {
  const before = structuredClone(rows)
  const failures: unknown[] = []
  const result = combineRows(rows, { ...combiner, operator: 'reduceByKey' }, combined, ({ key }, own) => failures.push([key, own]))
  // toEqual takes 0 and -0 for different.
  expect(result).toEqual(good)
  expect(failures).toEqual(failed)
  expect(rows).toEqual(before)
})
