import type { StaticTable, StreamingContext } from '../../lib/index.ts'
import { table } from '../../lib/sql/index.ts'
import { csvTable, dynamoTable, jsonTable, parquetTable } from '../../lib/tables/index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function same<A, B>(...proof: Equal<A, B> extends true ? [] : ['these types differ', A, B]): void

export function tables(ssc: StreamingContext): void {
  const plans = ssc.staticTable('plans', csvTable('plans.csv', { key: 'user', columns: { user: 'text', n: 'integer', at: 'timestamp', more: 'json' } }))
  same<typeof plans, StaticTable<string, { readonly user: string | null; readonly n: number | null; readonly at: Date | null; readonly more: unknown }>>()
  const numbers = ssc.staticTable('numbers', jsonTable('numbers.json', { key: 'n', columns: { n: 'integer', raw: 'blob' } }))
  same<typeof numbers, StaticTable<number, { readonly n: number | null; readonly raw: Uint8Array | null }>>()
  table(plans)
  table(numbers, { key: 'integer', raw: 'blob' })
  // @ts-expect-error a timestamp is no key
  parquetTable('x.parquet', { key: 'at', columns: { at: 'timestamp', n: 'integer' } })
  // @ts-expect-error the key is one of the columns
  dynamoTable('x', { key: 'm', columns: { n: 'integer' } })
  // @ts-expect-error no such type
  csvTable('x.csv', { key: 'n', columns: { n: 'int' } })
}
