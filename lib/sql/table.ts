import type { DStream } from '../dstream/dstream.ts'
import { StaticTable } from '../program/static-table.ts'
import { DStream as Stream } from '../dstream/dstream.ts'
import type { ColumnsOf, Fitting } from '../values/column-types.ts'
import { checkColumns, columnValue, fieldOf, type Columns } from '../values/columns.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { Key } from '../values/key.ts'

/** SQLite's names of what it keeps beside a table's columns: they mean the order of loading. */
const ROWIDS = new Set(['rowid', 'oid', '_rowid_'])

/** What a statement calls a table: where its rows come from, and its columns. */
export interface SqlTable {
  readonly source: { readonly kind: 'stream'; readonly stream: DStream<unknown> } | { readonly kind: 'static'; readonly table: StaticTable }
  readonly columns: Columns
}

type TableRow<K, V> = readonly [K, V]
/** Of a static table: its key, and its value's fields. */
type StaticColumns<K, V> = ColumnsOf<TableRow<K, V>>

/**
 * Returns a table for `sql`: a stream of objects (a batch, or a window's rows), or a static table, whose columns are `key` and its value's fields (or `value`).
 * A row that does not fit goes to the dead letters, in the batch that brings it; content of a static table that does not fit fails its load. A csvTable and its like bring their columns.
 * @example
 * const bids = ssc.queueStream([[{ auction: 1, price: 2.5 }, { auction: 1, price: 4 }]])
 * sql(ssc, { bids: table(bids, { auction: 'integer', price: 'real' }) }, 'select auction, max(price) as best from bids group by auction') // { auction: 1, best: 4 }
 */
export function table<T, const C extends ColumnsOf<T>>(stream: DStream<T>, columns: C & Fitting<T, C>): SqlTable
export function table<K extends Key, V, const C extends StaticColumns<K, V>>(content: StaticTable<K, V>, columns: C & Fitting<TableRow<K, V>, C>): SqlTable
export function table(content: StaticTable): SqlTable
export function table(source: unknown, columns?: unknown): SqlTable {
  const isStatic = source instanceof StaticTable
  const declared = columns ?? (isStatic ? source.columns : undefined)
  if (!isStatic && !(source instanceof Stream))
    throw new MillraceError('BAD_PROGRAM', `table got ${describeValue(source)}; it takes a DStream of objects or a static table, and its columns`)
  const where = isStatic ? `table of '${source.name}'` : 'table'
  checkColumns(declared, where)
  for (const name of Object.keys(declared))
    if (ROWIDS.has(name.toLowerCase()) || name === '__proto__')
      throw new MillraceError(
        'BAD_PROGRAM',
        `${where}: a column is called '${name}', which SQLite takes for something else: map the rows to fields of other names`,
      )
  const frozen = Object.freeze({ ...declared })
  if (!isStatic) return Object.freeze<SqlTable>({ source: { kind: 'stream', stream: source }, columns: frozen })
  const known = source as unknown as StaticTable
  known.check((key, value) => {
    for (const [name, type] of Object.entries(frozen)) {
      try {
        columnValue(name, type, fieldOf([key, value], name))
      } catch (cause) {
        throw new MillraceError(
          'BAD_VALUE',
          `static table '${known.name}', key ${describeValue(key)}: ${cause instanceof Error ? cause.message : String(cause)}`,
          { cause },
        )
      }
    }
  })
  return Object.freeze<SqlTable>({ source: { kind: 'static', table: known }, columns: frozen })
}
