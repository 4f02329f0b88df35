import type { DStream } from '../dstream/dstream.ts'
import type { Node } from '../dstream/node.ts'
import type { StreamingContext } from '../program/streaming-context.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { checkOptions, type SqlOptions } from './sql-options.ts'
import { sqlNode } from './sql-node.ts'
import type { SqlTable } from './table.ts'

/** What a statement says of tables may be any name but SQLite's own. */
const TABLE_NAME = /^(?!sqlite_)[A-Za-z_]\w{0,63}$/i
const TAKEN = new Set(['json_each', 'json_tree'])

/**
 * Returns a DStream whose batches are the rows that a select makes of the tables' rows: SQLite's SQL with Spark's functions. Forces one partition unless `partitionBy`.
 * The statement is prepared when the job is planned, and what cannot run is refused there. Rows that are equal in all columns that it reads are alike to it, in whatever order they came.
 * @example
 * const bids = ssc.queueStream([[{ auction: 1, price: 2.5 }, { auction: 2, price: 1 }, { auction: 1, price: 4 }]])
 * const best = sql<{ auction: number; best: number }>(ssc, { bids: table(bids, { auction: 'integer', price: 'real' }) },
 *   'select auction, max(price) as best from bids group by auction order by best desc limit 1') // { auction: 1, best: 4 }
 */
export function sql<Row extends object = Readonly<Record<string, unknown>>>(
  ssc: StreamingContext,
  tables: Readonly<Record<string, SqlTable>>,
  text: string,
  options: SqlOptions = {},
): DStream<Row> {
  if (typeof text !== 'string')
    throw new MillraceError('BAD_PROGRAM', `sql got ${describeValue(text)} as its statement; it takes the context, the tables and a text`)
  const streams: DStream<unknown>[] = []
  for (const [name, table] of Object.entries(tables)) {
    if (!TABLE_NAME.test(name) || TAKEN.has(name.toLowerCase()))
      throw new MillraceError('BAD_PROGRAM', `sql: a table is called '${name}'; a name is 1 to 64 letters, digits and '_', and none of SQLite's own`)
    const source = (table as Partial<SqlTable> | undefined)?.source
    if (source === undefined)
      throw new MillraceError('BAD_PROGRAM', `sql: the table '${name}' is ${describeValue(table)}; tables are made by table(stream, columns)`)
    if (source.kind === 'stream') streams.push(source.stream)
  }
  if (streams.length === 0)
    throw new MillraceError('BAD_PROGRAM', 'sql: none of its tables is a stream; it computes batches: a static table alone can be read by its loader')
  const checked = checkOptions(options, tables)
  const node = (nodes: readonly Node[]): Node => sqlNode(nodes, tables, text, checked)
  return ssc.derive<Row>(streams, 'sql', node)
}
