import { checkFunction, checkIterable } from './check-function.ts'
import { checkPair } from './check-pair.ts'
import { narrow } from './narrow.ts'
import type { NarrowNode, Node, OperatorContext } from './node.ts'

/** Returns what stands beside the key instead of `value`: any number of values. */
export type ValuesOf = (value: unknown, key: unknown) => Iterable<unknown>

/**
 * Returns a node of pairs that keeps each key beside every new value; rows stay where they are partitioned. `open` is called once per computation.
 * mapValues, flatMapValues, the second half of every join, and joinTable are made of it.
 * @example
 * ssc.queueStream([['a b', 'c']]).keyBy((line) => line.length).flatMapValues((line) => line.split(' ')) // [3, 'a'], [3, 'b'], [1, 'c']
 */
export function flatMapValuesNode(parent: Node, kind: string, open: (context: OperatorContext) => ValuesOf, params: NarrowNode['params'] = {}): NarrowNode {
  return narrow(parent, kind, {
    keepsKeys: true,
    params,
    open: (down, context) => {
      const values = open(context)
      return {
        push: (row) => {
          checkPair(row, kind)
          for (const value of values(row[1], row[0])) down([row[0], value])
        },
      }
    },
  })
}

/** Returns the `open` of a user's function over values, checked. */
export function ofValue(f: (value: never) => unknown, kind: string): () => ValuesOf {
  checkFunction(f, kind)
  const values: ValuesOf = (value) => checkIterable((f as (value: unknown) => unknown)(value), kind)
  return () => values
}
