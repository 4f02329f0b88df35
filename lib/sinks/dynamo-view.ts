import type { ColumnSink, SinkBatch } from '../dstream/sink.ts'
import { checkColumns, fieldOf, rowReader, type Columns } from '../values/columns.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { notInReceive } from '../values/in-receive.ts'
import { loadPeer } from '../values/load-peer.ts'
import { attributeOf, checkItem, type Attribute } from './attributes.ts'

type View = import('../aws/view-table.ts').ViewTable

export interface DynamoViewOptions<C extends Columns> {
  /** Name or ARN. Its only key is a partition key, of the column `key`'s type: a string for text, a number for integer. */
  readonly table: string
  /** What the rows' fields are stored as: integer and real as numbers, timestamp as ISO 8601, json as maps and lists. `key` must be among them. */
  readonly columns: C & { readonly key: 'text' | 'integer' }
  /** The attribute that is the table's partition key. @default 'key' */
  readonly keyAttribute?: string
  /** A pair for which it is true takes its key out of the view. */
  readonly deletes?: (row: readonly [key: never, value: never]) => boolean
  /** What the SDK's client takes: another region. */
  readonly client?: object
  /** Of the sink. @default the table's */
  readonly name?: string
}

/** Of which run and batch an item is. A deleted one has them still, for a day, and is told by `EXPIRES`. */
export const RUN = 'millrace_run'
export const TIME = 'millrace_time'
/** Epoch seconds: the table's time to live. */
export const EXPIRES = 'millrace_expires'

const NAME = /^[a-zA-Z0-9_.-]{3,255}$|^arn:aws[^:]*:dynamodb:[^:]+:\d+:table\/[a-zA-Z0-9_.-]{3,255}$/

/**
 * Returns a sink that keeps the newest row of each key in a DynamoDB table, for others to read: one conditional update per row, so that no late attempt brings back what is older. Needs the
 * package @aws-sdk/client-dynamodb.
 * @example
 * counts.saveTo(dynamoView({ table: 'totals', columns: { key: 'text', value: 'integer' } }))
 */
export function dynamoView<const C extends Columns>(options: DynamoViewOptions<C>): ColumnSink<C> {
  const { table, columns, keyAttribute = 'key', deletes, client = {}, name = String(table).split('/').at(-1) ?? '' } = options
  const who = `dynamoView '${name}'`
  if (!import.meta.inReceive) check(who, options)
  const values = rowReader(columns)
  const names = Object.keys(columns)
  let view: View | undefined
  const itemOf = (row: unknown): readonly (readonly [string, Attribute])[] =>
    values(row).map((value, i) => {
      const column = names[i] ?? ''
      return [column === 'key' ? keyAttribute : column, attributeOf(column, columns[column] ?? 'text', value)] as const
    })
  const isDeleted = (row: unknown): boolean => deletes?.(row as readonly [never, never]) === true
  return {
    name,
    guarantee: 'exactly-once',
    columns,
    upserts: `table ${table}`,
    rights: [{ actions: ['dynamodb:UpdateItem'], resource: String(table).startsWith('arn:') ? table : `dynamodb:table/${table}` }],
    open: async () => {
      const { ViewTable } = await loadPeer(who, '@aws-sdk/client-dynamodb', () => (import.meta.inReceive === true ? undefined : import('../aws/view-table.ts')))
      view ??= new ViewTable({ who, table, keyAttribute, run: RUN, time: TIME, expires: EXPIRES, client })
    },
    check: import.meta.inReceive
      ? notInReceive
      : (row) => {
          if (isDeleted(row)) checkItem(who, [[keyAttribute, attributeOf('key', columns['key'] ?? 'text', keyOf(row, columns))]], keyAttribute)
          else checkItem(who, itemOf(row), keyAttribute)
        },
    write: import.meta.inReceive
      ? notInReceive
      : async (rows, batch) => {
          if (view === undefined) throw new Error(`${who}: write before open`)
          checkKeys(who, rows, batch)
          await view.write(
            rows.map((row) =>
              isDeleted(row)
                ? { key: attributeOf('key', columns['key'] ?? 'text', keyOf(row, columns)), gone: names.filter((column) => column !== 'key') }
                : {
                    key: attributeOf('key', columns['key'] ?? 'text', keyOf(row, columns)),
                    values: itemOf(row).filter(([attribute]) => attribute !== keyAttribute),
                  },
            ),
            batch,
          )
        },
  }
}

/** A deleted row need not have the other columns. */
function keyOf(row: unknown, columns: Columns): ReturnType<ReturnType<typeof rowReader>>[number] {
  return rowReader({ key: columns['key'] ?? 'text' })(row)[0] ?? null
}

/** Of two rows with one key in a batch neither is newer. */
function checkKeys(who: string, rows: readonly unknown[], batch: SinkBatch): void {
  const seen = new Set<unknown>()
  for (const row of rows) {
    const key = fieldOf(row, 'key')
    if (seen.has(key))
      throw new MillraceError(
        'BAD_VALUE',
        `${who}: two rows of batch ${batch.time.milliseconds} have the key ${describeValue(key)}, and the later batch wins, not the later row: make them one with reduceByKey before saveTo`,
      )
    seen.add(key)
  }
}

function check<C extends Columns>(who: string, { table, columns, keyAttribute, deletes }: DynamoViewOptions<C>): void {
  if (typeof table !== 'string' || !NAME.test(table))
    throw new MillraceError('BAD_PROGRAM', `dynamoView got ${describeValue(table)} as its table; it takes a table's name or ARN`)
  checkColumns(columns, who)
  const key: unknown = columns.key
  if (key !== 'text' && key !== 'integer')
    throw new MillraceError(
      'BAD_PROGRAM',
      `${who}: its column 'key' is ${describeValue(key)}; rows are found again by the key of their pair: declare key as 'text' or 'integer', and make the stream pairs with keyBy or mapToPair`,
    )
  if (deletes !== undefined && typeof deletes !== 'function')
    throw new MillraceError('BAD_PROGRAM', `${who}: deletes is ${describeValue(deletes)}; it is a function of a row that says whether its key leaves the view`)
  const own = [RUN, TIME, EXPIRES, ...(keyAttribute === undefined || keyAttribute === 'key' ? [] : [keyAttribute])].find((name) => Object.hasOwn(columns, name))
  if (own !== undefined)
    throw new MillraceError('BAD_PROGRAM', `${who}: a column is called '${own}', which the view has of its own: map the rows to another field`)
}
