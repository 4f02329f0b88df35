import type { ColumnType, ColumnValue } from '../values/columns.ts'
import { MillraceError } from '../values/errors.ts'

/** A value as DynamoDB has it on the wire. */
export type Attribute =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly BOOL: boolean }
  | { readonly B: Uint8Array }
  | { readonly NULL: true }
  | { readonly M: { readonly [name: string]: Attribute } }
  | { readonly L: readonly Attribute[] }

/** What DynamoDB takes, and what it keeps for itself: an item with the names of its attributes, its key. */
const MAX_ITEM_BYTES: number = 400 * 1024
const MAX_KEY_BYTES = 2_048
/** Of Millrace's own attributes. */
const OWN_BYTES = 200
/** It has 38 digits below. */
const MAX_NUMBER = 1e126
const MIN_NUMBER = 1e-130
/** Levels of maps and lists. */
const MAX_DEPTH = 32

/** Returns the attribute of a column's value. Throws for a number that DynamoDB does not have. */
export function attributeOf(column: string, type: ColumnType, value: ColumnValue): Attribute {
  if (value === null) return { NULL: true }
  switch (type) {
    case 'integer':
      return { N: String(value) }
    case 'real':
      return numberOf(column, value as number)
    case 'text':
      return { S: value as string }
    case 'boolean':
      return { BOOL: value as boolean }
    case 'timestamp':
      return { S: new Date(value as number).toISOString() }
    case 'blob':
      return { B: value as Uint8Array }
    case 'json':
      return jsonAttribute(column, JSON.parse(value as string), 1)
  }
}

function numberOf(column: string, value: number): Attribute {
  const size = Math.abs(value)
  if (Number.isFinite(value) && (size === 0 || (size >= MIN_NUMBER && size < MAX_NUMBER))) return { N: String(value) }
  throw new MillraceError(
    'BAD_VALUE',
    `column '${column}' is ${value}; a number of DynamoDB is finite, and from 1e-130 to 9.99e125 either way, or 0: map it to null`,
  )
}

function jsonAttribute(column: string, value: unknown, depth: number): Attribute {
  if (depth > MAX_DEPTH)
    throw new MillraceError(
      'BAD_VALUE',
      `column '${column}' has more than ${MAX_DEPTH} levels of objects and arrays, which DynamoDB does not take: map it to fewer, or to text`,
    )
  if (value === null) return { NULL: true }
  if (typeof value === 'string') return { S: value }
  if (typeof value === 'number') return numberOf(column, value)
  if (typeof value === 'boolean') return { BOOL: value }
  if (Array.isArray(value)) return { L: value.map((one) => jsonAttribute(column, one, depth + 1)) }
  return { M: Object.fromEntries(Object.entries(value as object).map(([name, one]) => [name, jsonAttribute(column, one, depth + 1)])) }
}

/** Throws for an item that is too large, and for a key that is none. */
export function checkItem(who: string, item: readonly (readonly [string, Attribute])[], keyAttribute: string): void {
  let bytes = OWN_BYTES
  for (const [name, value] of item) {
    const own = bytesOf(value)
    bytes += Buffer.byteLength(name) + own
    if (name !== keyAttribute) continue
    if ('NULL' in value || own === 0)
      throw new MillraceError(
        'BAD_VALUE',
        `${who}: the key is ${'NULL' in value ? 'null' : 'empty'}; DynamoDB finds an item by a text or number that is not: filter such rows out`,
      )
    if (own > MAX_KEY_BYTES)
      throw new MillraceError('BAD_VALUE', `${who}: the key has ${own} bytes; DynamoDB takes ${MAX_KEY_BYTES}: shorten it, or take a hash`)
  }
  if (bytes > MAX_ITEM_BYTES)
    throw new MillraceError(
      'BAD_VALUE',
      `${who}: the item has about ${bytes} bytes; DynamoDB takes ${MAX_ITEM_BYTES}: leave out columns, or put what is large elsewhere`,
    )
}

/** As DynamoDB counts, or a little more. */
function bytesOf(value: Attribute): number {
  if ('S' in value) return Buffer.byteLength(value.S)
  if ('N' in value) return Math.ceil(value.N.length / 2) + 2
  if ('B' in value) return value.B.length
  if ('L' in value) return value.L.reduce((sum, one) => sum + 1 + bytesOf(one), 3)
  if ('M' in value) return Object.entries(value.M).reduce((sum, [name, one]) => sum + 1 + Buffer.byteLength(name) + bytesOf(one), 3)
  return 1
}
