// This file is long because it holds a table of cases for every operation of an RDD.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Rdd } from '../../lib/rdd/rdd.ts'

const ZERO: number[] = []
const numbers = new Rdd([3, 1, 2, 3])
const pairs = new Rdd<readonly [string, number]>([
  ['b', 1],
  ['a', 2],
  ['b', 3],
])
const other = new Rdd<readonly [string, string]>([
  ['b', 'x'],
  ['c', 'y'],
])

describe('an RDD', () => {
  it.each<[string, unknown, unknown]>([
    ['map', numbers.map((n) => n * 2), [6, 2, 4, 6]],
    ['flatMap', numbers.flatMap((n) => Array.from({ length: n - 1 }, () => n)), [3, 3, 2, 3, 3]],
    ['filter', numbers.filter((n) => n > 2), [3, 3]],
    ['mapPartitions', numbers.mapPartitions((ns) => [[...ns].length]), [4]],
    ['glom', numbers.glom(), [[3, 1, 2, 3]]],
    [
      'keyBy',
      numbers.keyBy((n) => n % 2),
      [
        [1, 3],
        [1, 1],
        [0, 2],
        [1, 3],
      ],
    ],
    [
      'mapToPair',
      numbers.mapToPair((n) => [n, 'x']),
      [
        [3, 'x'],
        [1, 'x'],
        [2, 'x'],
        [3, 'x'],
      ],
    ],
    [
      'flatMapToPair',
      new Rdd(['ab']).flatMapToPair((w) => w.split('').map((c) => [c, 1] as const)),
      [
        ['a', 1],
        ['b', 1],
      ],
    ],
    [
      'zipWithIndex',
      numbers.zipWithIndex(),
      [
        [3, 0],
        [1, 1],
        [2, 2],
        [3, 3],
      ],
    ],
    ['sortBy', numbers.sortBy((n) => n), [1, 2, 3, 3]],
    ['sortBy descending is stable', new Rdd(['b1', 'a', 'b2']).sortBy((w) => w.charAt(0), { ascending: false }), ['b1', 'b2', 'a']],
    [
      'sortBy a tuple',
      new Rdd([
        [2, 'a'],
        [1, 'b'],
        [1, 'a'],
      ] as [number, string][]).sortBy((k) => k),
      [
        [1, 'a'],
        [1, 'b'],
        [2, 'a'],
      ],
    ],
    ['union', numbers.union(new Rdd(['x'])), [3, 1, 2, 3, 'x']],
    [
      'cartesian',
      new Rdd([1, 2]).cartesian(new Rdd(['a'])),
      [
        [1, 'a'],
        [2, 'a'],
      ],
    ],
    [
      'groupBy',
      numbers.groupBy((n) => n % 2),
      [
        [0, [2]],
        [1, [3, 1, 3]],
      ],
    ],
    ['distinct', numbers.distinct(), [3, 1, 2]],
    [
      'distinct by value',
      new Rdd<readonly [string, number]>([
        ['a', 1],
        ['a', 1],
        ['a', 2],
      ]).distinct(),
      [
        ['a', 1],
        ['a', 2],
      ],
    ],
    ['subtract', numbers.subtract(new Rdd([3])), [1, 2]],
    ['intersection', numbers.intersection(new Rdd([3, 2, 9])), [3, 2]],
    ['take', numbers.take(2), [3, 1]],
    ['limit', numbers.limit(2), [3, 1]],
    ['of', Rdd.of([3, 1]), [3, 1]],
    ['top', numbers.top(2, (n) => n), [3, 3]],
    ['top of keys', numbers.top(2), [3, 3]],
    ['takeOrdered', numbers.takeOrdered(2, (n) => -n), [3, 3]],
    ['takeOrdered of keys', numbers.takeOrdered(2), [1, 2]],
    ['collect', numbers.collect(), [3, 1, 2, 3]],
    [
      'countByValue',
      numbers.countByValue(),
      [
        [1, 1],
        [2, 1],
        [3, 2],
      ],
    ],
    ['keys', pairs.keys(), ['b', 'a', 'b']],
    ['values', pairs.values(), [1, 2, 3]],
    [
      'mapValues',
      pairs.mapValues((n) => n * 2),
      [
        ['b', 2],
        ['a', 4],
        ['b', 6],
      ],
    ],
    [
      'flatMapValues',
      pairs.flatMapValues((n) => [n, -n]),
      [
        ['b', 1],
        ['b', -1],
        ['a', 2],
        ['a', -2],
        ['b', 3],
        ['b', -3],
      ],
    ],
    [
      'combineByKey',
      pairs.combineByKey(
        (n) => `${n}`,
        (s, n) => `${s}+${n}`,
      ),
      [
        ['a', '2'],
        ['b', '1+3'],
      ],
    ],
    [
      'reduceByKey',
      pairs.reduceByKey((a, b) => a + b),
      [
        ['a', 2],
        ['b', 4],
      ],
    ],
    [
      'aggregateByKey',
      pairs.aggregateByKey(10, (sum, n) => sum + n),
      [
        ['a', 12],
        ['b', 14],
      ],
    ],
    [
      'aggregateByKey, whose zero each key has for itself',
      pairs.aggregateByKey([0], (list, n) => {
        list.push(n)
        return list
      }),
      [
        ['a', [0, 2]],
        ['b', [0, 1, 3]],
      ],
    ],
    [
      'groupByKey',
      pairs.groupByKey(),
      [
        ['a', [2]],
        ['b', [1, 3]],
      ],
    ],
    [
      'countByKey',
      pairs.countByKey(),
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
    [
      'sortByKey',
      pairs.sortByKey({ ascending: false }),
      [
        ['b', 1],
        ['b', 3],
        ['a', 2],
      ],
    ],
    [
      'cogroup',
      pairs.cogroup(other),
      [
        ['a', [[2], []]],
        ['b', [[1, 3], ['x']]],
        ['c', [[], ['y']]],
      ],
    ],
    [
      'join',
      pairs.join(other),
      [
        ['b', [1, 'x']],
        ['b', [3, 'x']],
      ],
    ],
    [
      'leftOuterJoin',
      pairs.leftOuterJoin(other),
      [
        ['a', [2, undefined]],
        ['b', [1, 'x']],
        ['b', [3, 'x']],
      ],
    ],
    [
      'rightOuterJoin',
      pairs.rightOuterJoin(other),
      [
        ['b', [1, 'x']],
        ['b', [3, 'x']],
        ['c', [undefined, 'y']],
      ],
    ],
    [
      'fullOuterJoin',
      pairs.fullOuterJoin(other),
      [
        ['a', [2, undefined]],
        ['b', [1, 'x']],
        ['b', [3, 'x']],
        ['c', [undefined, 'y']],
      ],
    ],
    ['subtractByKey', pairs.subtractByKey(other), [['a', 2]]],
    ['lookup', pairs.lookup('b'), [1, 3]],
    [
      'collectAsMap',
      pairs.collectAsMap(),
      [
        ['a', 2],
        ['b', 3],
      ],
    ],
  ])('%s', (name, actual, expected) => {
    const rows = [...(actual as Iterable<unknown>)]
    expect(name === 'collectAsMap' ? rows.sort() : rows).toEqual(expected)
  })

  it.each<[string, unknown, unknown]>([
    ['first', numbers.first(), 3],
    ['isEmpty', [numbers.isEmpty(), numbers.filter(() => false).isEmpty()], [false, true]],
    ['count', numbers.count(), 4],
    ['reduce', numbers.reduce((a, b) => a + b), 9],
    ['fold, which leaves its zero alone', [[1], [2]].map(() => new Rdd([7]).fold(ZERO, (list, n) => (list.push(n), list))), [[7], [7]]],
    ['fold', numbers.fold('', (s, n) => s + n), '3123'],
    [
      'aggregate',
      numbers.aggregate(
        0,
        (s, n) => s + n,
        (a, b) => a + b,
      ),
      9,
    ],
    ['collectAsMap by value', new Rdd<readonly [readonly [string, number], number]>([[['a', 1], 7]]).collectAsMap().get(['a', 1]), 7],
    ['numPartitions', numbers.numPartitions, 1],
  ])('%s', (_name, actual, expected) => expect(actual).toEqual(expected))

  it('says so when there is no row', () => {
    expect(() => new Rdd([]).first()).toThrow('first() of an empty RDD')
    expect(() => new Rdd<number>([]).reduce((a, b) => a + b)).toThrow('reduce() of an empty RDD')
  })

  it('has a test of every operation', () => {
    const source = readFileSync(new URL(import.meta.url), 'utf8')
    const operations = Object.getOwnPropertyNames(Rdd.prototype).filter((name) => name !== 'constructor')
    expect(operations.length).toBeGreaterThan(45)
    expect(operations.filter((name) => !source.includes(`.${name}(`))).toEqual([])
  })

  it('gives foreachPartition all rows, and its result back', async () => {
    expect(await numbers.foreachPartition(async (rows) => [...rows].length)).toBe(4)
  })

  it('calls foreach for every row', () => {
    const seen: number[] = []
    numbers.foreach((n) => seen.push(n))
    expect(seen).toEqual([3, 1, 2, 3])
  })
})
