import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { assertKey, type Key } from '../values/key.ts'

/** A directed edge. Vertex ids are keys: compared by value, ordered as keys are. */
export interface Edge<ED = number> {
  readonly srcId: Key
  readonly dstId: Key
  readonly attr: ED
}

/** An edge with what its ends hold. */
export interface EdgeTriplet<VD, ED> extends Edge<ED> {
  readonly srcAttr: VD
  readonly dstAttr: VD
}

/** How rows say edges: [src, dst], with the attribute 1; [src, dst, attr]; or Edge. */
export type EdgeRow<ED, S extends Key = Key, D extends Key = Key> =
  | (Edge<ED> & { readonly srcId: S; readonly dstId: D })
  | readonly [src: S, dst: D]
  | readonly [src: S, dst: D, attr: ED]

/** Returns the edge that a row says; throws BAD_VALUE when it says none. */
export function edgeOf<ED>(row: EdgeRow<ED>): Edge<ED> {
  const is: unknown = row
  if (Array.isArray(is) && (is.length === 2 || is.length === 3)) {
    const [srcId, dstId, attr = 1] = is as readonly unknown[]
    return checked({ srcId, dstId, attr })
  }
  if (typeof is === 'object' && is !== null && 'srcId' in is && 'dstId' in is) return checked({ attr: 1, ...is })
  throw new MillraceError('BAD_VALUE', `a graph got ${describeValue(is)} as an edge; an edge is [src, dst], [src, dst, attr] or { srcId, dstId, attr }`)
}

function checked<ED>(edge: { readonly srcId: unknown; readonly dstId: unknown; readonly attr: unknown }): Edge<ED> {
  assertKey(edge.srcId, 'the source of an edge')
  assertKey(edge.dstId, 'the destination of an edge')
  return edge as Edge<ED>
}
