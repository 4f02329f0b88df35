import type { Node } from './node.ts'

/** Who wants to know where a program calls its operators: undefined in a function on AWS, which has no use for it. */
export const places: { note: ((node: Node) => void) | undefined } = { note: undefined }
