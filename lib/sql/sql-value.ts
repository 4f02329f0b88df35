import { columnValue, type ColumnType } from '../values/columns.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { timestampMs, timestampText } from './functions/timestamp.ts'
import type { SqlValue } from './open-sqlite.ts'

/** What a result column may be declared as: a column's type, or bigint, for integers that are bigint always. */
export type ReturnType = ColumnType | 'bigint'

const TIMESTAMP = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/

/** SQLite's types: the others would be changed (`JSON` makes a number of '123'). */
export const AFFINITY: { readonly [type in ColumnType]: string } = {
  integer: 'integer',
  real: 'real',
  text: 'text',
  boolean: 'integer',
  timestamp: 'text',
  json: 'text',
  blob: 'blob',
}

/** Returns what a column of SQLite holds of a field's value. Throws, naming column, value and rule, where it does not fit. */
export function toSqlValue(name: string, type: ColumnType, value: unknown): SqlValue {
  // Nearly all values are these; the rules below say what the others lack.
  if (type === 'real' && typeof value === 'number' && !Number.isNaN(value)) return value + 0
  if (type === 'text' && typeof value === 'string' && value.isWellFormed() && !value.includes('\0')) return value
  if (type === 'integer' && Number.isSafeInteger(value)) return BigInt(value as number)
  const checked = columnValue(name, type, value)
  if (checked === null) return null
  switch (type) {
    case 'integer':
      return typeof checked === 'number' ? BigInt(checked) : (checked as bigint)
    case 'real':
      if (Number.isNaN(checked))
        throw new MillraceError('BAD_VALUE', `column '${name}' is NaN, which SQLite would make NULL: map it to null where that is meant`)
      return (checked as number) + 0 // SQLite has no -0
    case 'boolean':
      return checked === true ? 1n : 0n
    case 'timestamp':
      return timestampText(checked as number)
    case 'text':
      if ((checked as string).includes('\0'))
        throw new MillraceError(
          'BAD_VALUE',
          `column '${name}' is ${describeValue(checked)}: it holds the character U+0000, at which SQLite's functions take a text to end; take it out`,
        )
      return checked as string
    default:
      return checked as SqlValue
  }
}

/** Returns what a row of the stream holds of a result's value. Throws where it does not fit what was declared. */
export function fromSqlValue(name: string, type: ReturnType | undefined, value: SqlValue): unknown {
  if (value === null) return null
  switch (type) {
    case 'bigint':
      if (typeof value === 'bigint') return value
      return misfit(name, value, 'bigint', 'an integer')
    case 'boolean':
      if (value === 0 || value === 1 || value === 0n || value === 1n) return Number(value) === 1
      return misfit(name, value, 'boolean', '0 or 1')
    case 'timestamp':
      if (typeof value === 'string' && TIMESTAMP.test(value)) return new Date(timestampMs(value))
      return misfit(name, value, 'timestamp', 'a text YYYY-MM-DD HH:MM:SS.SSS, which to_timestamp() makes of others')
    case 'json':
      try {
        if (typeof value === 'string') return JSON.parse(value) as unknown
      } catch {
        // said below
      }
      return misfit(name, value, 'json', 'JSON text')
    case 'text':
      return typeof value === 'string' ? value : misfit(name, value, 'text', 'a text')
    case 'blob':
      return value instanceof Uint8Array ? value : misfit(name, value, 'blob', 'bytes')
    case 'integer':
      if (typeof value !== 'bigint' && !Number.isInteger(value)) return misfit(name, value, 'integer', 'a whole number')
      return plain(name, value)
    case 'real':
      return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : misfit(name, value, 'real', 'a number')
    default:
      return plain(name, value)
  }
}

function plain(name: string, value: SqlValue): unknown {
  if (typeof value !== 'bigint') return value
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  throw new MillraceError('BAD_VALUE', `sql: the result's column '${name}' is ${value}, which a number cannot hold: declare returns: { ${name}: 'bigint' }`)
}

function misfit(name: string, value: SqlValue, type: string, rule: string): never {
  throw new MillraceError('BAD_VALUE', `sql: the result's column '${name}' is ${describeValue(value)}, and returns declares it as ${type}, which takes ${rule}`)
}
