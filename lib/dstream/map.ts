import { checkFunction, refusePromise } from './check-function.ts'
import { narrow } from './narrow.ts'
import type { NarrowNode, Node } from './node.ts'

/**
 * Returns a node whose rows are `f(row)`, one for one. Also mapToPair and keyBy, which differ in type only.
 * @example
 * ssc.queueStream([['to', 'be'], ['or']]).map((word) => word.length) // 2, 2 | 2
 */
export function mapNode(parent: Node, f: (row: never) => unknown, kind = 'map'): NarrowNode {
  checkFunction(f, kind)
  const apply = f as (row: unknown) => unknown
  return narrow(parent, kind, {
    keepsKeys: false,
    open: (down) => ({
      // What is no pair is refused there, so a Promise is.
      push:
        down.of?.(apply) ??
        ((row) => {
          const result = apply(row)
          if (typeof result === 'object') refusePromise(result, kind)
          down(result)
        }),
    }),
  })
}

/** Returns the function of keyBy: `row` becomes `[f(row), row]`. */
export function keyedBy(f: (row: never) => unknown): (row: never) => readonly [unknown, unknown] {
  checkFunction(f, 'keyBy')
  return (row) => [f(row), row]
}
