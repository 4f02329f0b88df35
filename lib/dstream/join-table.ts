import type { StaticTable } from '../program/static-table.ts'
import { flatMapValuesNode } from './flat-map-values.ts'
import type { NarrowNode, Node } from './node.ts'

/**
 * Returns a node of pairs `[key, [value, table value]]`. `outer`: rows whose key the table has not stay, beside undefined; else they go.
 * Nothing is shuffled: the table is in every process.
 * @example
 * const plans = ssc.staticTable('plans', async () => [['ann', 'pro']])
 * ssc.queueStream([['ann', 'bob']]).mapToPair((user) => [user, 1]).leftOuterJoinTable(plans) // ['ann', [1, 'pro']], ['bob', [1, undefined]]
 */
export function joinTableNode(parent: Node, table: StaticTable, options: { readonly outer: boolean }): NarrowNode {
  const kind = options.outer ? 'leftOuterJoinTable' : 'joinTable'
  return flatMapValuesNode(
    parent,
    kind,
    (context) => {
      const content = context.table(table)
      return (value, key) => {
        const found = content.get(key)
        return found !== undefined || options.outer ? [[value, found]] : []
      }
    },
    { table: table.name },
  )
}
