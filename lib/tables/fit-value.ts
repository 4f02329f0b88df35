import { columnValue, type ColumnType } from '../values/columns.ts'
import { describeValue } from '../values/describe-value.ts'

const INTEGER = /^[+-]?\d+$/
const REAL = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|-?Infinity|NaN)$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
// Without a zone it is UTC, as a timestamp is in SQL.
const TIMESTAMP = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/

/** Returns the value that a text stands for, in the forms that csvFile writes and their like; undefined: none of this type. */
export function fitText(type: ColumnType, text: string): unknown {
  switch (type) {
    case 'text':
      return fitValue(type, text)
    case 'integer':
      return INTEGER.test(text) ? fitValue(type, Number(text)) : undefined
    case 'real':
      return REAL.test(text) ? Number(text) : undefined
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
    case 'timestamp':
      return timestampOf(text)
    case 'json':
      try {
        return fitValue(type, JSON.parse(text) as unknown)
      } catch {
        return undefined
      }
    case 'blob':
      return BASE64.test(text) ? new Uint8Array(Buffer.from(text, 'base64')) : undefined
  }
}

/** Returns a value as a row has it: integers and reals are numbers, timestamps Dates (also of ISO text), blobs bytes (also of base64); undefined: it does not fit. */
export function fitValue(type: ColumnType, value: unknown): unknown {
  if (typeof value === 'string' && (type === 'timestamp' || type === 'blob')) return fitText(type, value)
  const exact = typeof value === 'bigint' && (type === 'integer' || type === 'real') ? Number(value) : value
  if (exact !== value && BigInt(exact as number) !== value) return undefined
  try {
    const fits = columnValue('', type, exact)
    return type === 'timestamp' ? new Date(fits as number) : exact
  } catch {
    return undefined
  }
}

function timestampOf(text: string): Date | undefined {
  const [, day, time = '00:00:00', zone = 'Z'] = TIMESTAMP.exec(text) ?? []
  if (day === undefined) return undefined
  // 30 February would be 2 March.
  const midnight = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day) return undefined
  return fitValue('timestamp', new Date(`${day}T${time}${zone}`)) as Date | undefined
}

const FORMS: { readonly [type in ColumnType]: string } = {
  integer: 'whole numbers below 2^53',
  real: 'numbers',
  text: 'texts without lone surrogates',
  boolean: 'true and false',
  timestamp: 'ISO 8601 such as 2026-01-31T10:00:00.000Z, and whole epoch ms where the file has numbers, of the years 0000 to 9999',
  json: 'JSON',
  blob: 'base64, or bytes',
}

/** Says what is wrong with a value that does not fit. */
export function describeMisfit(type: ColumnType, value: unknown): string {
  return value === undefined
    ? 'it is not there; give it null where there is no value, or take it out of the columns'
    : `it is ${describeValue(value)}; a column of type ${type} holds ${FORMS[type]}, or nothing: mend it, or declare another type`
}
