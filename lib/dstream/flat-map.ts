import { checkFunction, checkIterable } from './check-function.ts'
import { narrow } from './narrow.ts'
import type { NarrowNode, Node } from './node.ts'

/**
 * Returns a node whose rows are those of `f(row)`, an iterable, one after the other. Also flatMapToPair.
 * @example
 * ssc.queueStream([['to be', 'or not']]).flatMap((line) => line.split(' ')) // 'to', 'be', 'or', 'not'
 */
export function flatMapNode(parent: Node, f: (row: never) => unknown, kind = 'flatMap'): NarrowNode {
  checkFunction(f, kind)
  const apply = f as (row: unknown) => unknown
  return narrow(parent, kind, {
    keepsKeys: false,
    open: (down) => ({
      push: (row) => {
        const result = apply(row)
        if (Array.isArray(result)) {
          for (let i = 0; i < result.length; i++) down(result[i])
        } else {
          for (const value of checkIterable(result, kind)) down(value)
        }
      },
    }),
  })
}
