import { describe, expect, it } from 'vitest'
import { partitionFolder, tableFile } from '../../lib/output/table-names.ts'

const time = Date.parse('2026-11-27T05:59:50.000Z')

it.each<['hour' | 'day' | undefined, string, string]>([
  ['hour', '', `dt=2026-11-27/hour=05/${time}-00003.csv`],
  ['day', '', `dt=2026-11-27/${time}-00003.csv`],
  ['day', 'country=de/', `dt=2026-11-27/country=de/${time}-00003.csv`],
  [undefined, 'country=de/', `country=de/${time}-00003.csv`],
])('a file by %s, in %j', (layout, folder, name) => {
  expect(tableFile({ layout, folder, time, partition: 3, suffix: 'csv' })).toBe(name)
})

describe('a directory', () => {
  // What Hive's FileUtils.escapePathName makes of them.
  it.each<[unknown, string]>([
    [{ country: 'de' }, 'country=de/'],
    [{ country: 'de', year: 2026, ok: true, n: 5n }, 'country=de/year=2026/ok=true/n=5/'],
    [{ country: null }, 'country=__HIVE_DEFAULT_PARTITION__/'],
    [{ country: '' }, 'country=__HIVE_DEFAULT_PARTITION__/'],
    [{ path: 'a/b=c' }, 'path=a%2Fb%3Dc/'],
    [{ path: '../..' }, 'path=..%2F../'],
    [{ x: `"#%'*:?\\{[]^\u007f\n` }, 'x=%22%23%25%27%2A%3A%3F%5C%7B%5B%5D%5E%7F%0A/'],
    [{ x: 'Köln}' }, 'x=Köln}/'],
    [{ x: 'x'.repeat(200) }, `x=${'x'.repeat(200)}/`],
    [{ 'a/b': 1.5 }, 'a%2Fb=1.5/'],
  ])('of %o', (values, folder) => {
    expect(partitionFolder(values)).toBe(folder)
  })

  it.each<[unknown, string]>([
    [undefined, 'returned undefined'],
    [{}, 'returned no names'],
    [['de'], 'returned an array of 1'],
    [{ x: undefined }, "gave 'x' undefined"],
    [{ x: NaN }, "gave 'x' the number NaN"],
    [{ x: {} }, "gave 'x' an object"],
    [{ x: 'x'.repeat(201) }, '201 bytes as the name of a directory; at most 200 fit'],
    [{ x: 'ü'.repeat(101) }, '202 bytes'],
    [{ x: '\ud83d' }, 'lone surrogate'],
    [{ x: '__HIVE_DEFAULT_PARTITION__' }, 'readers take for null'],
    [{ a: 'x'.repeat(200), b: 'x'.repeat(200), c: 'x'.repeat(200) }, 'at most 600 fit'],
  ])('of %o is refused', (values, message) => {
    expect(() => partitionFolder(values)).toThrow(`partitionBy`)
    expect(() => partitionFolder(values)).toThrow(message)
  })
})
