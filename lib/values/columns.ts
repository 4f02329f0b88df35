import { describeValue } from './describe-value.ts'
import { MillraceError } from './errors.ts'
import { toJson } from './to-json.ts'

/**
 * How columns are declared, alike in files, sinks, SQL and tables: `{ word: 'text', n: 'integer', at: 'timestamp' }`. All are nullable.
 *
 *     integer    a whole number below 2^53 either way, or a bigint of 64 bits
 *     real       a number
 *     text       a string without lone surrogates
 *     boolean    true or false
 *     timestamp  a valid Date, or whole epoch ms, in the years 0000 to 9999
 *     json       anything that JSON holds
 *     blob       bytes
 */
export type ColumnType = 'integer' | 'real' | 'text' | 'boolean' | 'timestamp' | 'json' | 'blob'
export type Columns = Readonly<Record<string, ColumnType>>

/** A column's value as a writer gets it: a timestamp is epoch ms, json its text, the others as they are. */
export type ColumnValue = number | bigint | string | boolean | Uint8Array | null

/** More than readers of tables expect. */
const MAX_COLUMNS = 1_000
/** Bytes: what PostgreSQL keeps of a name. */
const MAX_NAME = 63
/** 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z. */
const FIRST_TIMESTAMP = -62_167_219_200_000
const LAST_TIMESTAMP = 253_402_300_799_999
const MAX_INT64 = 2n ** 63n - 1n
const MIN_INT64 = -(2n ** 63n)
// JSON.stringify escapes surrogates where they stand alone, and only there.
const LONE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/

interface Rule {
  /** Returns the value to write; undefined: it does not fit. */
  readonly of: (value: unknown) => ColumnValue | undefined
  readonly takes: string
  readonly remedy: string
}

const rules: { readonly [type in ColumnType]: Rule } = {
  integer: {
    of: (v) => (Number.isSafeInteger(v) || (typeof v === 'bigint' && v <= MAX_INT64 && v >= MIN_INT64) ? (v as number | bigint) : undefined),
    takes: 'whole numbers below 2^53 and bigints of 64 bits',
    remedy: 'round it, or declare the column real or text',
  },
  real: { of: (v) => (typeof v === 'number' ? v : undefined), takes: 'numbers', remedy: 'map it to a number' },
  text: {
    of: (v) => (typeof v === 'string' && v.isWellFormed() ? v : undefined),
    takes: 'strings without lone surrogates',
    remedy: 'map it to a string, with value.toWellFormed() where it may be cut within a character',
  },
  boolean: { of: (v) => (typeof v === 'boolean' ? v : undefined), takes: 'true and false', remedy: 'map it to a boolean' },
  timestamp: {
    of: timestampOf,
    takes: 'valid Dates and whole epoch milliseconds of the years 0000 to 9999',
    remedy: 'map it to a Date, or to null where there is none',
  },
  json: { of: jsonOf, takes: 'what JSON holds, without lone surrogates', remedy: 'map it to plain values' },
  blob: { of: (v) => (v instanceof Uint8Array ? v : undefined), takes: 'bytes', remedy: 'use Buffer.from(text)' },
}

function timestampOf(value: unknown): number | undefined {
  const ms = value instanceof Date ? value.getTime() : value
  return typeof ms === 'number' && Number.isInteger(ms) && ms >= FIRST_TIMESTAMP && ms <= LAST_TIMESTAMP ? ms : undefined
}

function jsonOf(value: unknown): string | undefined {
  try {
    const text = toJson(value)
    return text.includes('\\ud') && LONE.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

/** Throws BAD_PROGRAM unless these are declared columns. `where` names who takes them: `parquetFile`. */
export function checkColumns(columns: unknown, where: string): asserts columns is Columns {
  const names = typeof columns === 'object' && columns !== null && !Array.isArray(columns) ? Object.keys(columns) : []
  if (names.length === 0 || names.length > MAX_COLUMNS)
    throw new MillraceError(
      'BAD_PROGRAM',
      `${where}: its columns are ${describeValue(columns)}${names.length > 0 ? ` of ${names.length}` : ''}; they are an object of 1 to ${MAX_COLUMNS} names and types, such as { word: 'text', n: 'integer' }`,
    )
  const seen = new Map<string, string>()
  for (const name of names) {
    const type = (columns as Readonly<Record<string, unknown>>)[name]
    if (typeof type !== 'string' || !Object.hasOwn(rules, type))
      throw new MillraceError('BAD_PROGRAM', `${where}: column '${name}' has the type ${describeValue(type)}; it is one of ${Object.keys(rules).join(', ')}`)
    if (name === '' || Buffer.byteLength(name) > MAX_NAME || !name.isWellFormed() || /\p{Cc}/u.test(name))
      throw new MillraceError(
        'BAD_PROGRAM',
        `${where}: a column is called ${describeValue(name)}; a name is a text of 1 to ${MAX_NAME} bytes without control characters: map the rows to other fields`,
      )
    const other = seen.get(name.toLowerCase())
    if (other !== undefined)
      throw new MillraceError(
        'BAD_PROGRAM',
        `${where}: columns '${other}' and '${name}' differ only in case, which most readers of tables do not see: map the rows to fields of other names`,
      )
    seen.set(name.toLowerCase(), name)
  }
}

/** Returns a row's field of this name; undefined: it has none. A pair has `key` and `value`, or its object value's fields beside `key`; an object its fields; any other row `value`. */
export function fieldOf(row: unknown, name: string): unknown {
  if (Array.isArray(row) && row.length === 2) {
    if (name === 'key') return row[0] as unknown
    const value: unknown = row[1]
    return isPlainObject(value) ? own(value, name) : name === 'value' ? value : undefined
  }
  return isPlainObject(row) ? own(row, name) : name === 'value' ? row : undefined
}

/** Returns the names that fieldOf has a value for. */
export function fieldNames(row: unknown): readonly string[] {
  if (Array.isArray(row) && row.length === 2) return ['key', ...(isPlainObject(row[1]) ? Object.keys(row[1]).filter((name) => name !== 'key') : ['value'])]
  return isPlainObject(row) ? Object.keys(row) : ['value']
}

function own(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Readonly<Record<string, unknown>>)[name] : undefined
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Returns the value that a column of this type writes. Throws BAD_VALUE, naming column, value and rule, where it does not fit; undefined: the row lacks it. */
export function columnValue(name: string, type: ColumnType, value: unknown): ColumnValue {
  if (value === null) return null
  const rule = rules[type]
  const fits = value === undefined ? undefined : rule.of(value)
  if (fits !== undefined) return fits
  throw new MillraceError(
    'BAD_VALUE',
    value === undefined
      ? `the row has no column '${name}', which is declared as ${type}: give it null where there is no value`
      : `column '${name}' is ${describeValue(value)}${value instanceof Date ? ` (${String(value)})` : ''}; a column of type ${type} takes ${rule.takes}, or null: ${rule.remedy}`,
  )
}

/** Returns the function that takes a row's values, in the order in which the columns are declared. It throws BAD_VALUE for a row that does not fit. */
export function rowReader(columns: Columns): (row: unknown) => readonly ColumnValue[] {
  const entries = Object.entries(columns)
  return (row) => entries.map(([name, type]) => columnValue(name, type, fieldOf(row, name)))
}
