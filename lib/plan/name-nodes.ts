import { createHash } from 'node:crypto'
import { MillraceError } from '../values/errors.ts'
import type { Node } from '../dstream/node.ts'

/** What an operator is: of another form it is another one. */
export function kindOf({ kind, params }: Node): string {
  return params['form'] === undefined ? kind : `${kind} (${params['form']})`
}

/** Returns a short stable hash of text. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 10)
}

/**
 * Returns the uid of every node: the user's, or one made of the operator's kind and what stands before it. It does not change with unrelated parts of the
 * program, nor with the operator's own parameters: then another window is refused with a remedy instead of starting empty without a word.
 */
export function nameNodes(nodes: readonly Node[]): ReadonlyMap<Node, string> {
  const uids = new Map<Node, string>()
  const taken = new Set<string>()
  for (const node of nodes) {
    if (node.uid === undefined) continue
    if (!import.meta.inReceive && taken.has(node.uid))
      throw new MillraceError(
        'BAD_PROGRAM',
        `the uid '${node.uid}' is given to two operators: state is found by it, so it must be unique in the job; give ${node.kind} another one`,
      )
    taken.add(node.uid)
  }
  for (const node of nodes) {
    let uid = node.uid ?? (node.shape === 'input' ? node.stream : `${node.kind}-${digest([kindOf(node), ...node.parents.map((p) => uids.get(p))].join(' '))}`)
    if (node.uid === undefined) {
      const stem = uid
      for (let i = 2; taken.has(uid); i++) uid = `${stem}-${i}`
      taken.add(uid)
    }
    uids.set(node, uid)
  }
  return uids
}
