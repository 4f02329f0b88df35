import { checkFunction, refusePromise } from './check-function.ts'
import { checkPair } from './check-pair.ts'
import { narrow } from './narrow.ts'
import type { NarrowNode, Node } from './node.ts'

/**
 * Returns a node of pairs with `f(value)` beside each key; rows stay where they are partitioned.
 * @example
 * ssc.queueStream([['a', 'b']]).mapToPair((w) => [w, 1]).mapValues((n) => n + 1) // ['a', 2], ['b', 2]
 */
export function mapValuesNode(parent: Node, f: (value: never) => unknown): NarrowNode {
  checkFunction(f, 'mapValues')
  const apply = f as (value: unknown) => unknown
  return narrow(parent, 'mapValues', {
    keepsKeys: true,
    open: (down) => ({
      push: (row) => {
        checkPair(row, 'mapValues')
        const result = apply(row[1])
        if (typeof result === 'object') refusePromise(result, 'mapValues')
        down([row[0], result])
      },
    }),
  })
}
