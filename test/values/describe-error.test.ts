// Whatever is thrown becomes readable text: anybody's library may throw anything.
import { describe, expect, it } from 'vitest'
import { describeError } from '../../lib/values/describe-error.ts'

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const throwing = (what: string): never => {
  throw new Error(what)
}
const cyclic = (): Error => {
  const error = new Error('outer')
  error.cause = error
  return error
}

describe('describeError', () => {
  it.each<[string, unknown, string, string]>([
    ['an error', new RangeError('too much'), 'RangeError', 'too much'],
    ['a text', 'no', 'string', 'no'],
    ['nothing', undefined, 'undefined', 'undefined'],
    ['null', null, 'null', 'null'],
    ['a symbol', Symbol('s'), 'symbol', 'Symbol(s)'],
    ['an object without prototype', Object.create(null), 'object', '[Object: null prototype] {}'],
    ['a message that is an object', Object.assign(new Error(), { message: { code: 1 } }), 'Error', '{ code: 1 }'],
    ['a name that is a symbol', Object.assign(new Error('x'), { name: Symbol('n') }), 'Symbol(n)', 'x'],
    ['a stack that is a number', Object.assign(new Error('x'), { stack: 42 }), 'Error', 'x'],
    [
      'a message that cannot be read',
      Object.defineProperty(new Error('x'), 'message', { get: () => throwing('no') }),
      'Error',
      'its message cannot be read: the getter throws',
    ],
    ['a name that cannot be read', Object.defineProperty(new Error('x'), 'name', { get: () => throwing('no') }), 'Error', 'x'],
    [
      'a fetch that found no way to connect',
      new TypeError('fetch failed', { cause: Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }) }),
      'TypeError',
      'fetch failed; caused by AggregateError: ECONNREFUSED',
    ],
    ['an error that is its own cause', cyclic(), 'Error', 'outer; caused by Error: outer'],
  ])('of %s', (_what, error, name, message) => {
    expect(describeError(error)).toMatchObject({ name, message })
  })

  it.each<[string, unknown]>([
    ['a proxy that throws', new Proxy({}, { get: () => throwing('get'), getPrototypeOf: () => throwing('prototype'), ownKeys: () => throwing('keys') })],
    ['a revoked proxy', revoked()],
    ['a revoked proxy of an error', Object.assign(new Error('x'), { message: revoked() })],
    ['what shows itself by throwing', { [Symbol.for('nodejs.util.inspect.custom')]: () => throwing('inspect') }],
  ])('of %s is text', (_what, error) => {
    const { name, message, stack } = describeError(error)
    expect([typeof name, typeof message, typeof stack]).toEqual(['string', 'string', 'string'])
  })

  it('leaves out what is too long', () => {
    const { message, stack } = describeError(new Error('m'.repeat(10_000_000)))
    expect(message).toHaveLength(10_003)
    expect(stack.length).toBeLessThan(5_000)
  })
})
