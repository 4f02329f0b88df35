import type { NarrowNode, Node } from '../dstream/node.ts'

/**
 * Returns the nodes whose rows come to `node` later again and again because windows stand between, with what is done to them on the way: there a row is seen once, in the batch that brings it.
 * undefined: there is no window; a row comes to `node` once.
 */
export function newRowsOf(node: Node): readonly Node[] | undefined {
  if (node.kind === 'window' && node.shape === 'barrier') {
    const [parent] = node.parents
    return parent === undefined ? undefined : (newRowsOf(parent) ?? [parent])
  }
  if (node.shape === 'union') {
    const parents = node.parents.map((parent) => newRowsOf(parent) ?? [parent])
    return node.parents.some((parent) => newRowsOf(parent) !== undefined) ? parents.flat() : undefined
  }
  if (node.shape !== 'narrow' || node.stateful !== undefined) return undefined
  const [parent] = node.parents
  return parent === undefined
    ? undefined
    : newRowsOf(parent)?.map((source) => Object.freeze<NarrowNode>({ ...node, uid: undefined, parents: [source], slideMs: source.slideMs }))
}

/** Returns how long the windows are that the rows of a node come from, ms; its slide, where there is none. */
export function windowMsOf(node: Node): number {
  if (node.kind === 'window') return Number(node.params['windowMs'])
  if (node.shape === 'narrow' || node.shape === 'union') return Math.max(...node.parents.map(windowMsOf))
  return node.slideMs
}
