import { describe, expect, it } from 'vitest'
import { checkColumns, columnValue, fieldOf, rowReader, type ColumnType } from '../../lib/values/columns.ts'

const holdsItself: Record<string, unknown> = {}
holdsItself['self'] = holdsItself

describe('a value in a column', () => {
  it.for<[ColumnType, unknown, unknown]>([
    ['integer', 0, 0],
    ['integer', 2 ** 53 - 1, 2 ** 53 - 1],
    ['integer', -(2 ** 53) + 1, -(2 ** 53) + 1],
    ['integer', 2n ** 63n - 1n, 2n ** 63n - 1n],
    ['integer', -(2n ** 63n), -(2n ** 63n)],
    ['real', 1.5, 1.5],
    ['real', 3, 3],
    ['real', NaN, NaN],
    ['text', '', ''],
    ['text', 'smile \u{1f600}', 'smile \u{1f600}'],
    ['boolean', false, false],
    ['timestamp', new Date(1_795_605_160_000), 1_795_605_160_000],
    ['timestamp', 1_795_605_160_000, 1_795_605_160_000],
    ['timestamp', new Date('0000-01-01T00:00:00.000Z'), Date.parse('0000-01-01T00:00:00.000Z')],
    ['timestamp', new Date('9999-12-31T23:59:59.999Z'), Date.parse('9999-12-31T23:59:59.999Z')],
    ['json', { a: [1, 'x'], b: null }, '{"a":[1,"x"],"b":null}'],
    ['json', 'text', '"text"'],
    ['json', 'a backslash and \\ud800 as text', '"a backslash and \\\\ud800 as text"'],
    ['json', new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ['blob', Buffer.from('ab'), Buffer.from('ab')],
    ...(['integer', 'real', 'text', 'boolean', 'timestamp', 'json', 'blob'] as const).map((type): [ColumnType, unknown, unknown] => [type, null, null]),
  ])('%s takes %o', ([type, value, written]) => {
    expect(columnValue('c', type, value)).toEqual(written)
  })

  it.for<[ColumnType, unknown, string]>([
    ['integer', 1.5, 'the number 1.5'],
    ['integer', 2 ** 53, 'the number 9007199254740992'],
    ['integer', -(2 ** 53), 'the number -9007199254740992'],
    ['integer', 2n ** 63n, 'the bigint 9223372036854775808n'],
    ['integer', -(2n ** 63n) - 1n, 'the bigint -9223372036854775809n'],
    ['integer', NaN, 'the number NaN'],
    ['integer', '1', 'the string "1"'],
    ['real', 1n, 'the bigint 1n'],
    ['real', '1', 'the string "1"'],
    ['text', 1, 'the number 1'],
    ['text', 'cut \ud83d', 'the string "cut \\ud83d"'],
    ['boolean', 1, 'the number 1'],
    ['timestamp', new Date(NaN), 'a Date (Invalid Date)'],
    ['timestamp', 1.5, 'the number 1.5'],
    ['timestamp', '2026-11-27', 'the string "2026-11-27"'],
    ['timestamp', new Date('+010000-01-01T00:00:00.000Z'), 'a Date'],
    ['timestamp', new Date('-000001-12-31T23:59:59.999Z'), 'a Date'],
    ['json', { deep: [NaN] }, 'an object'],
    ['json', new Map(), 'a Map'],
    ['json', holdsItself, 'an object'],
    ['json', { a: 'cut \ud83d' }, 'an object'],
    ['json', { '\\\ud83d': 1 }, 'an object'],
    ['blob', 'ab', 'the string "ab"'],
  ])('%s refuses %o, naming column, value and rule', ([type, value, named]) => {
    expect(() => columnValue('c', type, value)).toThrow(`column 'c' is ${named}`)
    expect(() => columnValue('c', type, value)).toThrow(`a column of type ${type} takes`)
  })

  it('must be there', () => {
    expect(() => columnValue('c', 'text', undefined)).toThrow("the row has no column 'c', which is declared as text: give it null")
  })
})

describe('a field', () => {
  it.for<[unknown, string, unknown]>([
    [{ word: 'a' }, 'word', 'a'],
    [{ word: 'a' }, 'value', undefined],
    [{ word: 'a' }, 'toString', undefined],
    [['k', 1], 'key', 'k'],
    [['k', 1], 'value', 1],
    [['k', { n: 2, key: 'other' }], 'n', 2],
    [['k', { n: 2, key: 'other' }], 'key', 'k'],
    [['k', { n: 2 }], 'value', undefined],
    [['k', { value: 3 }], 'value', 3],
    [['k', new Date(0)], 'value', new Date(0)],
    [['k', [1, 2]], 'value', [1, 2]],
    [['k', null], 'value', null],
    ['line', 'value', 'line'],
    ['line', 'length', undefined],
    [7, 'value', 7],
    [null, 'value', null],
    [[1, 2, 3], 'value', [1, 2, 3]],
    [Object.assign(Object.create(null), { n: 1 }), 'n', 1],
  ])('of %o called %s', ([row, name, value]) => {
    expect(fieldOf(row, name)).toEqual(value)
  })
})

it('a row is read in the order of its declaration', () => {
  const read = rowReader({ n: 'integer', key: 'text', at: 'timestamp' })
  expect(read(['a', { at: new Date(5), n: 1 }])).toEqual([1, 'a', 5])
  expect(() => read(['a', { at: null }])).toThrow("no column 'n'")
})

describe('a declaration', () => {
  it.for<[unknown, string]>([
    [undefined, 'its columns are undefined'],
    [{}, 'its columns are an object'],
    [['text'], 'its columns are an array of 1'],
    [{ a: 'bigint' }, `column 'a' has the type the string "bigint"; it is one of integer, real, text, boolean, timestamp, json, blob`],
    [{ a: 'toString' }, `column 'a' has the type the string "toString"`],
    [{ '': 'text' }, 'a column is called the string ""'],
    [{ 'a\nb': 'text' }, 'without control characters'],
    [{ ['x'.repeat(64)]: 'text' }, 'a name is a text of 1 to 63 bytes'],
    [{ Word: 'text', word: 'text' }, "columns 'Word' and 'word' differ only in case"],
    [Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`c${i}`, 'text'])), 'an object of 1001'],
  ])('%o is refused', ([columns, message]) => {
    expect(() => checkColumns(columns, 'parquetFile')).toThrow(`parquetFile: `)
    expect(() => checkColumns(columns, 'parquetFile')).toThrow(message)
  })

  it('of every type is taken', () => {
    expect(() => checkColumns({ 'größe €': 'real', key: 'json' }, 'csvFile')).not.toThrow()
  })
})
