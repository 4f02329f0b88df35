import { expect, test } from 'vitest'
import { describeValue } from '../../lib/values/describe-value.ts'

test.each<[string, unknown]>([
  ['the string "a\\n"', 'a\n'],
  [`the string "${'x'.repeat(80)}..."`, 'x'.repeat(100)],
  ['the number -0', -0],
  ['the number NaN', NaN],
  ['the bigint 5n', 5n],
  ['true', true],
  ['undefined', undefined],
  ['null', null],
  ['Symbol(s)', Symbol('s')],
  ['a function', () => 1],
  ['the function named', function named() {}],
  ['an array of 3', [1, 2, 3]],
  ['an object', {}],
  ['an object', Object.create(null)],
  ['a Map', new Map()],
  ['a User', new (class User {})()],
  ['an object', Object.create({ constructor: 'odd' })],
  [
    'an object',
    new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error('no')
        },
      },
    ),
  ],
])('%s', (text, value) => {
  expect(describeValue(value)).toBe(text)
})
