import type { Invoker } from '../runtime/invoker.ts'
import { poll } from '../runtime/receive/poll.ts'
import { COMMIT_RESERVE_MS } from '../runtime/settings.ts'
import type { LambdaContext } from './source-handler.ts'

/** A kind of source that the receive function asks, instead of being given records. */
export interface PollEvents {
  readonly kind: string
  takes(event: unknown): boolean
  /** Asks until a poll does not fill its limit, or no time is left for one more. */
  handle(invoke: Invoker, event: unknown, context: LambdaContext): Promise<void>
}

/** Receivers of one's own: a rule calls the function with `{ "poll": "<name of the stream>" }`. */
export const polls: PollEvents = {
  kind: 'receiverStream',
  takes: (event) => typeof nameIn(event) === 'string',
  handle: async (invoke, event, context) => {
    const remainingMs = (): number => context.getRemainingTimeInMillis()
    let again = true
    while (again && remainingMs() > 2 * COMMIT_RESERVE_MS) {
      const signal = AbortSignal.timeout(Math.max(1, Math.floor(remainingMs() - COMMIT_RESERVE_MS)))
      const result = await invoke('poll', { remainingMs }, (run) => poll(run, nameIn(event) as string, signal))
      again = result.again
    }
  },
}

function nameIn(event: unknown): unknown {
  return (event as { readonly poll?: unknown } | null | undefined)?.poll
}
