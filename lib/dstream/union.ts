import { sameSlide } from './check-slides.ts'
import type { Node, UnionNode } from './node.ts'

/**
 * Returns a node with the rows of all parents. Within one partition the first parent's rows come first where they arrive together.
 * @example
 * ssc.queueStream([[1]]).union(ssc.queueStream([[2]])) // 1, 2
 */
export function unionNode(parents: readonly Node[]): UnionNode {
  return Object.freeze<UnionNode>({ shape: 'union', kind: 'union', uid: undefined, parents, slideMs: sameSlide(parents, 'union'), params: {} })
}
