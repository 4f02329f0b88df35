import type { ColumnSink } from '../../dstream/sink.ts'
import { checkColumns, rowReader, type Columns } from '../../values/columns.ts'
import { describeValue } from '../../values/describe-value.ts'
import { MillraceError } from '../../values/errors.ts'
import { notInReceive } from '../../values/in-receive.ts'
import { loadPeer } from '../../values/load-peer.ts'
import { checkConnection, type PostgresConnection } from './connection.ts'
import { checkStorable } from './column-arrays.ts'

type Writer = import('./postgres-writer.ts').PostgresWriter

/** How long the server waits, ms: a process that Lambda has frozen in the middle of a transaction must not keep its locks. */
export interface PostgresTimeouts {
  /** Of one statement. @default 30000 */
  readonly statementMs?: number
  /** For a lock; longer than idleMs, so that who waits for a frozen process gets through. @default 20000 */
  readonly lockMs?: number
  /** For the next statement of a transaction. @default 10000 */
  readonly idleMs?: number
}

export interface PostgresOptions<C extends Columns> {
  readonly connection: PostgresConnection
  /** `totals` or `schema.totals`. It is created where it is not there. */
  readonly table: string
  /** What the rows' fields are stored as: integer as bigint, real as double precision, timestamp as timestamptz, json as jsonb, blob as bytea. */
  readonly columns: C
  /** The pair's key: a row overwrites the row of its key. Left out: rows are appended. */
  readonly key?: 'key' & keyof C
  /** Of the sink. @default the table's */
  readonly name?: string
  /** What becomes of a row that the table will never take (a constraint, a number too large): the batch stops, or it is logged, counted and left out. @default 'stop' */
  readonly refused?: 'stop' | 'skip'
  readonly timeouts?: PostgresTimeouts
}

const TABLE = /^[^.\0]{1,63}(\.[^.\0]{1,63})?$/
const DEFAULT_TIMEOUTS: Required<PostgresTimeouts> = { statementMs: 30_000, lockMs: 20_000, idleMs: 10_000 }

/**
 * Returns a sink that writes rows into a table of PostgreSQL, each batch exactly once: its time is stored in the same transaction. Needs the package pg.
 * @example
 * counts.saveTo(postgres({ connection: { env: 'DATABASE_URL' }, table: 'totals', columns: { key: 'text', value: 'integer' }, key: 'key' }))
 */
export function postgres<const C extends Columns>(options: PostgresOptions<C>): ColumnSink<C> {
  const { connection, table, columns, key, name = table, refused = 'stop' } = options
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
  const who = `postgres '${name}'`
  if (!import.meta.inReceive) {
    checkColumns(columns, who)
    checkConnection(connection, who)
    if (typeof table !== 'string' || !TABLE.test(table))
      throw new MillraceError('BAD_PROGRAM', `postgres got ${describeValue(table)} as its table; it is a name such as 'totals' or 'reports.totals'`)
    if (key !== undefined && (key !== 'key' || !Object.hasOwn(columns, 'key')))
      throw new MillraceError(
        'BAD_PROGRAM',
        `${who}: its key is ${describeValue(key)}; rows are overwritten by the key of their pair, which is the column 'key': declare it, say key: 'key', and make the stream pairs of it with keyBy or mapToPair`,
      )
    if (refused !== 'stop' && refused !== 'skip') throw new MillraceError('BAD_PROGRAM', `${who}: refused is ${describeValue(refused)}; it is 'stop' or 'skip'`)
    for (const [what, ms] of Object.entries(timeouts))
      if (!Number.isInteger(ms) || ms < 1) throw new MillraceError('BAD_PROGRAM', `${who}: ${what} is ${describeValue(ms)}; it is whole milliseconds`)
  }
  const values = import.meta.inReceive ? notInReceive : rowReader(columns)
  let writer: Writer | undefined
  return {
    name,
    guarantee: 'exactly-once',
    columns,
    ...(typeof connection === 'function' && connection.rights !== undefined ? { rights: connection.rights } : {}),
    ...(key === undefined ? {} : { upserts: `table ${table}` }),
    open: async () => {
      const { PostgresWriter } = await loadPeer(who, 'pg', () => (import.meta.inReceive === true ? undefined : import('./postgres-writer.ts')))
      const opening = new PostgresWriter({ who, name, connection, table, columns, keyed: key !== undefined, skips: refused === 'skip', timeouts })
      await opening.prepare()
      writer = opening
    },
    check: import.meta.inReceive ? notInReceive : (row) => checkStorable(columns, values(row), key !== undefined),
    write: import.meta.inReceive
      ? notInReceive
      : async (rows, batch) => {
          if (writer === undefined) throw new Error(`${who}: write before open`)
          await writer.write(rows.map(values), batch)
        },
  }
}
