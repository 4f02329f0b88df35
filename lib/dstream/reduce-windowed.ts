import type { Named, Shuffle } from './keyed-options.ts'
import type { BarrierNode, Node } from './node.ts'
import { reduceByKeyAndWindowNode } from './reduce-by-key-and-window.ts'
import { reduceIncrementallyNode } from './reduce-incrementally.ts'

type Options = Shuffle & Named & { readonly filter?: ((pair: never) => unknown) | undefined }

type Inverse = (a: never, b: never) => unknown

/** Returns the node of either form of reduceByKeyAndWindow: `(f, window, slide?, options?)` or `(f, inverse, window, slide?, options?)`. `fixed` stands over the user's options. */
export function reduceWindowedNode(parent: Node, f: (a: never, b: never) => unknown, args: readonly unknown[], fixed: Shuffle): BarrierNode {
  const [inverse, window, slide, options] = typeof args[0] === 'function' ? args : [undefined, ...args]
  const all = { ...(options as Options | undefined), ...fixed }
  return inverse === undefined
    ? reduceByKeyAndWindowNode(parent, f, window, slide, all)
    : reduceIncrementallyNode(parent, f, inverse as Inverse, window, slide, all)
}
