// What is kept of a plot, by tables: rows in, what the dashboard gets out.
import { describe, expect, it } from 'vitest'
import { decodePlot, encodePlot, mergePlots, plotOf, type Plot, type PlotShape } from '../../lib/output/plot.ts'

const TIME = 1_790_000_000_000
const BYTES = 16 * 1024
const shape = (of: Partial<PlotShape>): PlotShape => ({ title: 'Plot', kind: 'bar', x: 'key', y: 'value', by: null, lastMs: 60_000, ...of })
const of = (kind: Partial<PlotShape>, rows: readonly unknown[], bytes = BYTES): Plot => plotOf(shape(kind), rows, { time: TIME, bytes })

describe('what is kept of a plot', () => {
  const pairs = [
    ['b', 2],
    ['a', 2],
    ['c', 7],
    ['minus', -3],
  ]
  it.each<[string, Partial<PlotShape>, readonly unknown[], Partial<Plot>]>([
    [
      'bars of pairs, the largest first, ties by label',
      {},
      pairs,
      {
        columns: ['key', 'value'],
        rows: [
          ['c', 7],
          ['a', 2],
          ['b', 2],
          ['minus', -3],
        ],
        leftOut: 0,
        unfit: 0,
      },
    ],
    [
      'the same whatever the order of the rows',
      {},
      pairs.toReversed(),
      {
        rows: [
          ['c', 7],
          ['a', 2],
          ['b', 2],
          ['minus', -3],
        ],
      },
    ],
    ['bars of fields', { x: 'name', y: 'n' }, [{ name: 'x', n: 1.5 }], { columns: ['name', 'n'], rows: [['x', 1.5]] }],
    ['the fields of a pair whose value is an object', { y: 'n' }, [['k', { n: 4 }]], { rows: [['k', 4]] }],
    [
      'a label of any key',
      {},
      [
        [['de', 7], 1],
        [null, 2],
        [true, 3],
        [12n, 4],
      ],
      {
        rows: [
          ['12', 4],
          [true, 3],
          [null, 2],
          ['["de",7]', 1],
        ],
      },
    ],
    ['only what is a number', {}, [['a', '5'], ['b', NaN], ['c', Infinity], ['d'], ['e', 0]], { rows: [['e', 0]], unfit: 4 }],
    ['a value where rows are numbers', { kind: 'number' }, [42], { columns: ['key', 'value'], rows: [[null, 42]] }],
    [
      'points at the batch time',
      { kind: 'line', x: 'time' },
      [
        ['a', 1],
        ['b', 2],
      ],
      {
        columns: ['time', 'value'],
        rows: [
          [TIME, 1],
          [TIME, 2],
        ],
      },
    ],
    [
      'points at a time of their own',
      { kind: 'line', x: 'time', y: 'n' },
      [
        { time: new Date(5), n: 1 },
        { time: 3, n: 2 },
      ],
      {
        rows: [
          [3, 2],
          [5, 1],
        ],
      },
    ],
    [
      'points of lines by a field',
      { kind: 'line', x: 'time', by: 'key' },
      [
        ['b', 1],
        ['a', 2],
      ],
      {
        columns: ['time', 'value', 'key'],
        rows: [
          [TIME, 2, 'a'],
          [TIME, 1, 'b'],
        ],
      },
    ],
    [
      'no point without a place',
      { kind: 'line', x: 'at' },
      [
        ['a', { at: 'noon', value: 1 }],
        ['a', { at: 3, value: 1 }],
      ],
      { rows: [[3, 1]], unfit: 1 },
    ],
    [
      'a table as it comes, with all fields',
      { kind: 'table' },
      [
        { b: 1, a: 'x' },
        { a: 'y', c: null },
      ],
      {
        columns: ['b', 'a', 'c'],
        rows: [
          [1, 'x', null],
          [null, 'y', null],
        ],
      },
    ],
    [
      'a table of pairs',
      { kind: 'table' },
      [
        ['k', { n: 1 }],
        ['l', { n: 2 }],
      ],
      {
        columns: ['key', 'n'],
        rows: [
          ['k', 1],
          ['l', 2],
        ],
      },
    ],
    ['a table of texts', { kind: 'table' }, ['one', 'two'], { columns: ['value'], rows: [['one'], ['two']] }],
    ['no rows', {}, [], { rows: [], leftOut: 0, unfit: 0 }],
  ])('is %s', (_, kind, rows, expected) => {
    expect(of(kind, rows)).toMatchObject(expected)
  })

  it('is the 20 largest bars, and how many more there are', () => {
    const plot = of(
      {},
      Array.from({ length: 1_234 }, (_, i) => [`w${i}`, i]),
    )
    expect(plot.rows).toEqual(Array.from({ length: 20 }, (_, i) => [`w${1_233 - i}`, 1_233 - i]))
    expect(plot.leftOut).toBe(1_214)
  })

  it('is at most 1,000 rows, and no more bytes than it may have', () => {
    const rows = Array.from({ length: 5_000 }, (_, i) => ({ i, text: 'é'.repeat(i % 300) }))
    const plot = of({ kind: 'table' }, rows, 1_000_000)
    expect(plot).toMatchObject({ leftOut: 4_000 })
    expect(plot.rows.map(([i]) => i)).toEqual(Array.from({ length: 1_000 }, (_, i) => i))
    for (const bytes of [300, 1_000, 5_000, 16_384]) {
      const cut = of({ kind: 'table' }, rows, bytes)
      expect(encodePlot(cut).length).toBeLessThanOrEqual(bytes)
      expect(cut.rows.length + cut.leftOut).toBe(5_000)
      expect(cut.rows.map(([i]) => i)).toEqual(cut.rows.map((_row, i) => i))
    }
    expect(of({ kind: 'table' }, rows, 16_384).rows.length).toBeGreaterThan(30)
  })

  it('cuts labels of 10 kB, never within a character', () => {
    const [[label] = []] = of({}, [['😀'.repeat(5_000), 1]]).rows
    expect(String(label).length).toBeLessThanOrEqual(200)
    expect(String(label).isWellFormed()).toBe(true)
    expect(String(label)).toMatch(/^😀+.?…$/u)
  })

  it('comes back from its bytes', () => {
    const plot = of({ kind: 'line', x: 'time', by: 'key' }, [
      ['a', 1.25],
      ['<b>', -0],
      [null, 3],
    ])
    expect(decodePlot(encodePlot(plot))).toStrictEqual(plot)
  })
})

describe('plots of partitions together', () => {
  it('are what one partition with all of the rows would keep', () => {
    const rows = Array.from({ length: 300 }, (_, i) => [`w${i}`, (i * 7_919) % 1_009])
    const parts = [0, 1, 2, 3].map((r) =>
      of(
        {},
        rows.filter((_row, i) => i % 4 === r),
      ),
    )
    const merged = mergePlots(parts, BYTES)
    const expected = rows.toSorted((a, b) => Number(b[1]) - Number(a[1])).slice(0, 20)
    expect(merged).toMatchObject({ rows: expected, leftOut: 280, unfit: 0 })
  })

  it('count what was left out anywhere', () => {
    const parts = [
      of({}, [
        ['a', 'x'],
        ['b', 1],
      ]),
      of(
        {},
        Array.from({ length: 30 }, (_, i) => [`c${i}`, 100 + i]),
      ),
    ]
    expect(mergePlots(parts, BYTES)).toMatchObject({ leftOut: 11, unfit: 1 })
  })

  it('of a table have the columns of all', () => {
    const parts = [of({ kind: 'table' }, [{ a: 1 }]), of({ kind: 'table' }, [{ b: 2, a: 3 }])]
    expect(mergePlots(parts, BYTES)).toMatchObject({
      columns: ['a', 'b'],
      rows: [
        [1, null],
        [3, 2],
      ],
    })
  })

  it('is nothing of no plot', () => {
    expect(mergePlots([], BYTES)).toBeUndefined()
  })
})
