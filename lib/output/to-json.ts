import { describeValue } from '../describe-value.ts'
import { MillraceError } from '../errors.ts'

/**
 * Returns a row as JSON, on one line. `undefined` becomes null where it has a place (a row, an array's element) and is left out as a field; a Date becomes its ISO text.
 * What JSON would change without a word throws: NaN and infinities, bigint, Map, Set, bytes, functions.
 */
export function toJson(row: unknown): string {
  return row === undefined ? 'null' : (JSON.stringify(row, check) ?? refuse(row, 'leave it out'))
}

function check(_name: string, value: unknown): unknown {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : refuse(value, 'map it to null or to a string')
    case 'bigint':
      return refuse(value, 'map it to a string')
    case 'function':
    case 'symbol':
      return refuse(value, 'leave it out')
    case 'object':
      if (value instanceof Map || value instanceof Set) return refuse(value, 'map it to an array')
      return ArrayBuffer.isView(value) ? refuse(value, 'map bytes to base64, or use saveAsObjectFiles') : value
    default:
      return value
  }
}

function refuse(value: unknown, remedy: string): never {
  throw new MillraceError('BAD_VALUE', `a row holds ${describeValue(value)}, which JSON cannot hold: ${remedy} before it is written`)
}
