import type { NarrowNode, Node } from './node.ts'

type Parts = Pick<NarrowNode, 'keepsKeys' | 'open'> & Partial<Pick<NarrowNode, 'params'>>

/** Returns the node of an operator that keeps no state and leaves its rows where they are. */
export function narrow(parent: Node, kind: string, parts: Parts): NarrowNode {
  return Object.freeze<NarrowNode>({
    shape: 'narrow',
    kind,
    uid: undefined,
    parents: [parent],
    slideMs: parent.slideMs,
    params: {},
    stateful: undefined,
    ...parts,
  })
}
