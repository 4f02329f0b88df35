import { checkFunction, refusePromise } from './check-function.ts'
import { narrow } from './narrow.ts'
import type { NarrowNode, Node } from './node.ts'

/**
 * Returns a node with the rows for which `p` holds.
 * @example
 * ssc.queueStream([[1, 2, 3], [4]]).filter((n) => n % 2 === 0) // 2 | 4
 */
export function filterNode(parent: Node, p: (row: never) => unknown): NarrowNode {
  checkFunction(p, 'filter')
  const holds = p as (row: unknown) => unknown
  return narrow(parent, 'filter', {
    keepsKeys: true,
    open: (down) => ({
      push: (row) => {
        const result = holds(row)
        if (typeof result === 'object') refusePromise(result, 'filter')
        if (result) down(row)
      },
    }),
  })
}
