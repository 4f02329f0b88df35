import { describeValue } from './describe-value.ts'
import { MillraceError } from './errors.ts'

/**
 * Returns a row as JSON, on one line. `undefined` becomes null where it has a place (a row, an array's element) and is left out as a field; a Date becomes its ISO text.
 * What JSON would change without a word throws: NaN and infinities, bigint, Map, Set, bytes, functions.
 */
export function toJson(row: unknown): string {
  if (row === undefined) return 'null'
  if (row instanceof Date) checkDate(row)
  // A replacer makes JSON.stringify several times slower, and nearly all rows are plain.
  return isPlain(row, MAX_PLAIN_DEPTH) ? JSON.stringify(row) : (JSON.stringify(row, check) ?? refuse(row, 'leave it out'))
}

/** Deeper values, and those that hold themselves, go the careful way. */
const MAX_PLAIN_DEPTH = 16

/** Whether the value holds nothing but text, finite numbers, booleans, null, undefined, arrays and plain objects of these. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      break
    default:
      return false
  }
  if (value === null) return true
  if (depth === 0) return false
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isPlain(value[i], depth - 1)) return false
    return true
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  for (const name in value) if (!isPlain((value as Record<string, unknown>)[name], depth - 1)) return false
  return true
}

function check(this: unknown, name: string, value: unknown): unknown {
  // JSON has made a text of a Date before it asks, and null of one that is none.
  if (value === null) checkDate((this as Readonly<Record<string, unknown>>)[name])
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

function checkDate(value: unknown): void {
  if (value instanceof Date && Number.isNaN(value.getTime())) refuse(value, 'it is no date (Invalid Date); map it to null or to a string')
}

function refuse(value: unknown, remedy: string): never {
  throw new MillraceError('BAD_VALUE', `a row holds ${describeValue(value)}, which JSON cannot hold: ${remedy} before it is written`)
}
