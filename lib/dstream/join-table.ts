import type { StaticTable } from '../program/static-table.ts'
import { assertKey } from '../values/key.ts'
import { checkFunction } from './check-function.ts'
import { checkPair } from './check-pair.ts'
import { narrow } from './narrow.ts'
import type { NarrowNode, Node } from './node.ts'

/**
 * Returns a node of pairs `[key, [value, table value]]`; with `key`, a function of the row, of `[row, table value]`. `outer`: rows whose key the table has not
 * stay, beside undefined; else they go. Nothing is shuffled: the table is in every process.
 * @example
 * const plans = ssc.staticTable('plans', async () => [['ann', 'pro']])
 * ssc.queueStream([['ann', 'bob']]).mapToPair((user) => [user, 1]).leftOuterJoinTable(plans) // ['ann', [1, 'pro']], ['bob', [1, undefined]]
 */
export function joinTableNode(
  parent: Node,
  table: StaticTable,
  { outer, key }: { readonly outer: boolean; readonly key?: ((row: never) => unknown) | undefined },
): NarrowNode {
  const kind = outer ? 'leftOuterJoinTable' : 'joinTable'
  if (key !== undefined) checkFunction(key, kind)
  const keyOf = key as ((row: unknown) => unknown) | undefined
  return narrow(parent, kind, {
    keepsKeys: keyOf === undefined,
    params: { table: table.name },
    open: (down, context) => {
      const content = context.table(table)
      const put = (found: unknown, row: unknown): void => {
        if (found !== undefined || outer) down(row)
      }
      if (keyOf === undefined)
        return {
          push: (row) => {
            checkPair(row, kind)
            const found = content.get(row[0])
            put(found, [row[0], [row[1], found]])
          },
        }
      return {
        push: (row) => {
          const key = keyOf(row)
          assertKey(key, kind)
          const found = content.get(key)
          put(found, [row, found])
        },
      }
    },
  })
}
