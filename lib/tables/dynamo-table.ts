import { imageOf } from '../decode/dynamo-db-change.ts'
import type { Columns } from '../values/columns.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { loadPeer } from '../values/load-peer.ts'
import { declaredTable, type DeclaredTable, type DeclaredTableOptions, type FoundRow, type KeyOf } from './declared-table.ts'

/**
 * Returns a table for `ssc.staticTable` of a DynamoDB table, which is scanned strongly; an attribute that an item lacks is null. Timestamps are ISO 8601 or epoch ms.
 * @example
 * const plans = ssc.staticTable('plans', dynamoTable('plans', { key: 'user', columns: { user: 'text', plan: 'text' } }))
 */
export function dynamoTable<const C extends Columns, const N extends KeyOf<C>>(name: string, options: DeclaredTableOptions<C, N>): DeclaredTable<C, N> {
  if (typeof name !== 'string' || name === '') throw new MillraceError('BAD_PROGRAM', `dynamoTable got ${describeValue(name)}; it takes a table's name or ARN`)
  const who = `dynamoTable '${name}'`
  const names = Object.keys(options.columns)
  return declaredTable(who, options, async () => {
    const { scanTable } = await loadPeer(who, '@aws-sdk/client-dynamodb', () => import('../aws/scan-table.ts'))
    const items = await scanTable(who, name, names)
    return items.map((item): FoundRow => {
      const values = imageOf(item as unknown as Readonly<Record<string, Readonly<Record<string, unknown>>>>)
      return { where: `item ${describeValue(values[options.key])}`, textual: false, value: (column) => values[column] ?? null }
    })
  })
}
