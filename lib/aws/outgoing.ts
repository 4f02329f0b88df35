/** One row on its way to a service. */
export interface Outgoing {
  /** Of its batch and place, 32 hex digits: the same for every attempt. */
  readonly id: string
  /** Messages of one key arrive in their order: one that failed holds up those behind it, and them alone. */
  readonly order: string | undefined
  readonly body: string | Uint8Array
  /** As the service counts them. */
  readonly bytes: number
}

/** A message that a service has not taken: now, or (`forever`) ever. */
export interface NotTaken {
  readonly id: string
  readonly why: string
  readonly forever: boolean
}

/** One request to a service. Returns what it has not taken; throws where it has taken nothing, or nobody knows. */
export type Send = (messages: readonly Outgoing[], signal: AbortSignal) => Promise<readonly NotTaken[]>
