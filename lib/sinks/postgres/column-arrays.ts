import type { ColumnType, Columns, ColumnValue } from '../../values/columns.ts'
import { MillraceError } from '../../values/errors.ts'

/** A row as columnValue gives it, in the order in which the columns are declared. */
export type Values = readonly ColumnValue[]

/** What the client sends of a value: text, bytes or null. */
export type Sent = string | Uint8Array | null

/** Types of the table that is created, and of the arrays that are sent. */
export const POSTGRES_TYPES: { readonly [type in ColumnType]: string } = {
  integer: 'bigint',
  real: 'double precision',
  text: 'text',
  boolean: 'boolean',
  timestamp: 'timestamptz',
  json: 'jsonb',
  blob: 'bytea',
}

/** Throws for what PostgreSQL can never hold: the character U+0000 in texts, and a key that is null. */
export function checkStorable(columns: Columns, values: Values, keyed: boolean): void {
  Object.entries(columns).forEach(([name, type], i) => {
    const value = values[i]
    if (keyed && name === 'key' && value === null)
      throw new MillraceError('BAD_VALUE', `column 'key' is null; a row is found again by its key: filter such rows out, or give them a key`)
    if (typeof value === 'string' && (type === 'json' ? NUL_IN_JSON : NUL).test(value))
      throw new MillraceError(
        'BAD_VALUE',
        `column '${name}' holds the character U+0000, which PostgreSQL stores in no ${POSTGRES_TYPES[type]}: take it out with replaceAll('\\0', ''), or declare the column blob`,
      )
  })
}

// oxlint-disable-next-line no-control-regex -- it is what is refused
const NUL = /\u0000/
const NUL_IN_JSON = /(?<!\\)(?:\\\\)*\\u0000/

/** Returns the rows column by column, as `unnest` takes them. */
export function columnArrays(columns: Columns, rows: readonly Values[]): readonly (readonly Sent[])[] {
  return Object.values(columns).map((type, i) => rows.map((row) => sent(row[i] ?? null, type)))
}

function sent(value: ColumnValue, type: ColumnType): Sent {
  if (value === null || value instanceof Uint8Array) return value
  if (type === 'timestamp') return timestampText(value as number)
  return String(value)
}

/** Exact, where a number of seconds would not be. PostgreSQL writes the year 0 as 1 BC. */
function timestampText(ms: number): string {
  const text = new Date(ms).toISOString()
  return text.startsWith('0000') ? `0001${text.slice(4)} BC` : text
}
