declare global {
  interface ImportMeta {
    /** True in the code of receive, where the bundler puts it in and leaves out what follows from it; anywhere else there is no such thing. */
    readonly inReceive?: boolean
  }
}

/** Stands in receive for what only tasks call, of a node: there the node is only planned. */
export function notInReceive(): never {
  throw new Error('receive was asked to compute what only tasks compute')
}
