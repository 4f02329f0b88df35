// How values become attributes, and what is a dead letter before the commit. What the table holds: test/localstack/sinks.test.ts.
import { dynamoView } from 'millrace/sinks'
import { describe, expect, it } from 'vitest'
import { imageOf } from '../../lib/decode/dynamo-db-change.ts'
import { attributeOf } from '../../lib/sinks/attributes.ts'
import type { ColumnType, ColumnValue } from '../../lib/values/columns.ts'

describe('a value', () => {
  it.each<[ColumnType, ColumnValue, object]>([
    ['integer', 2n ** 63n - 1n, { N: '9223372036854775807' }],
    ['real', 0.1, { N: '0.1' }],
    ['real', -0, { N: '0' }],
    ['text', '', { S: '' }],
    ['boolean', false, { BOOL: false }],
    ['timestamp', 1_795_605_160_123, { S: '2026-11-25T11:12:40.123Z' }],
    ['blob', new Uint8Array([1]), { B: new Uint8Array([1]) }],
    ['json', '{"a":[1,"x",null,true,{}]}', { M: { a: { L: [{ N: '1' }, { S: 'x' }, { NULL: true }, { BOOL: true }, { M: {} }] } } }],
    ['text', null, { NULL: true }],
  ])('of type %s: %o', (type, value, attribute) => {
    expect(attributeOf('c', type, value)).toEqual(attribute)
  })

  it('is read back by the decoder of changes as it was', () => {
    const json = { text: 'ä', list: [1, 2.5, null], nested: { ok: true } }
    expect(imageOf({ j: attributeOf('j', 'json', JSON.stringify(json)) })).toEqual({ j: json })
  })

  it.each([
    ['NaN', 'real', NaN, /column 'c' is NaN; a number of DynamoDB is finite/],
    ['a number that is too large', 'real', 1e126, /from 1e-130 to 9.99e125/],
    ['a number that is too small', 'real', 1e-131, /from 1e-130/],
    ['JSON that is too deep', 'json', `${'['.repeat(33)}${']'.repeat(33)}`, /more than 32 levels/],
  ] as const)('is refused: %s', (_what, type, value, message) => {
    expect(() => attributeOf('c', type, value)).toThrow(message)
  })
})

describe('a row is a dead letter', () => {
  const sink = dynamoView({ table: 'totals', columns: { key: 'text', value: 'text' } })
  it.each([
    ['with a key that is empty', ['', 'a'], /the key is empty; DynamoDB finds an item by/],
    ['with a key that is null', [null, 'a'], /the key is null/],
    ['with a key that is too long', ['k'.repeat(2_049), 'a'], /the key has 2049 bytes; DynamoDB takes 2048/],
    ['that is too large', ['k', 'x'.repeat(400 * 1024)], /the item has about \d+ bytes; DynamoDB takes 409600/],
  ])('%s', (_what, row, message) => {
    expect(() => sink.check?.(row)).toThrow(message)
  })

  it('but not one that leaves the view, whatever its values are', () => {
    const leaving = dynamoView({ table: 'totals', columns: { key: 'text', n: 'real' }, deletes: () => true })
    expect(() => leaving.check?.(['k', null])).not.toThrow()
    expect(() => leaving.check?.(['', null])).toThrow(/the key is empty/)
  })
})

describe('a view is refused', () => {
  it.each<[string, object, RegExp]>([
    ['without a table', { columns: { key: 'text' } }, /as its table; it takes a table's name or ARN/],
    ['without a key', { table: 'totals', columns: { value: 'text' } }, /its column 'key' is undefined; rows are found again by the key of their pair/],
    ['with a key that DynamoDB has not', { table: 'totals', columns: { key: 'real' } }, /declare key as 'text' or 'integer'/],
    [
      'with a column of a name that it has itself',
      { table: 'totals', columns: { key: 'text', millrace_time: 'integer' } },
      /a column is called 'millrace_time', which the view has of its own/,
    ],
    ['with deletes that is no function', { table: 'totals', columns: { key: 'text' }, deletes: true }, /deletes is true/],
  ])('%s', (_what, options, message) => {
    expect(() => dynamoView(options as never)).toThrow(message)
  })
})
