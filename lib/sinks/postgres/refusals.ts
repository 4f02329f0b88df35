import pg from 'pg'
import type { Columns } from '../../values/columns.ts'
import { describeError } from '../../values/describe-error.ts'
import type { Values } from './column-arrays.ts'

/** Classes of SQLSTATE that say something of the rows: data exceptions, and constraints. */
const OF_ROWS = /^2[23]/
/** Serialization failure, deadlock; too many connections, the server stops or starts, a session that it ended; a lock that somebody kept. */
const PASSING = new Set(['40001', '40P01', '53300', '57P01', '57P02', '57P03', '25P03', '57P05', '55P03'])
const LOST = /^(ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH)/
const MAX_ROW = 300

/** Whether the table refuses some of the rows, now and ever. */
export function isRefusal(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && OF_ROWS.test(error.code ?? '')
}

export function isLostConnection(error: unknown): boolean {
  if (error instanceof pg.DatabaseError || !(error instanceof Error)) return false
  const { code } = error as { readonly code?: unknown }
  return (typeof code === 'string' && LOST.test(code)) || /connection/i.test(error.message) || error instanceof AggregateError
}

/** Whether the same transaction may go through in a moment. */
export function isWorthAnotherTry(error: unknown): boolean {
  return error instanceof pg.DatabaseError ? PASSING.has(error.code ?? '') || (error.code ?? '').startsWith('08') : isLostConnection(error)
}

/** Two processes make one table at once: one of them hears one of these. */
export function mayExist(error: unknown): boolean {
  return error instanceof pg.DatabaseError && ['23505', '42P07', '42710'].includes(error.code ?? '')
}

/** Which column the server names. */
export function blamedColumn({ column }: pg.DatabaseError): string | undefined {
  return column === undefined || column === '' ? undefined : column
}

/** Returns an error of the server, or of the way to it, as text: what, its code, and what helps. */
export function explain(error: unknown): string {
  if (!(error instanceof pg.DatabaseError)) return describeError(error).message
  const { message, code, detail, constraint } = error
  const remedy = REMEDIES[code ?? '']
  return `${message} (${code})${detail === undefined ? '' : `, ${detail}`}${constraint === undefined || message.includes(constraint) ? '' : `, constraint ${constraint}`}${remedy === undefined ? '' : `: ${remedy}`}`
}

const REMEDIES: Readonly<Record<string, string>> = {
  '42P10': "the table needs a primary key or unique index on the column 'key' alone",
  '42804': 'the table has a column of another type than is declared: declare the column as what it is, or alter the table',
  '42501': 'grant select, insert and update on the table and on millrace_batches',
  '28P01': 'look at the password of the connection',
  '53300':
    'each process of the run function holds one connection for each sink: raise max_connections, or put a pooler (RDS Proxy, PgBouncer) before the database',
  '55P03': 'another attempt at this batch, or somebody else, holds the row',
}

/** A row as an error shows it. */
export function describeRow(columns: Columns, row: Values): string {
  const shown = Object.keys(columns).map((name, i) => {
    const value = row[i]
    return `${name}: ${value instanceof Uint8Array ? `${value.length} bytes` : typeof value === 'bigint' ? String(value) : JSON.stringify(value)}`
  })
  const text = `{ ${shown.join(', ')} }`
  return text.length > MAX_ROW ? `${text.slice(0, MAX_ROW)} ...` : text
}
