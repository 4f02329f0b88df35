import { COMMIT_RESERVE_MS } from '../runtime/settings.ts'
import type { Receiver } from '../runtime/receive/create-receiver.ts'
import type { BatchResponse, Delivered, EventSource, Outcome } from '../sources/source.ts'
import type { PollEvents } from './poll-events.ts'
import { MillraceError } from '../values/errors.ts'

/** What a handler uses of Lambda's context. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number
}

/** Input partitions of one event that are received at once. */
const AT_ONCE = 8

/**
 * Returns the handler of the receive function for events of these sources. Each input partition of an event is received by itself, one put each; what one of them
 * did not consume, or failed at, the source's own answer brings again. `streamOf`: the program's name of a resource.
 */
export function sourceHandler(
  receiver: Receiver,
  sources: readonly (EventSource | PollEvents)[],
  streamOf: (resource: string) => string,
): (event: unknown, context: LambdaContext) => Promise<BatchResponse> {
  const [only] = sources
  return async (event, context) => {
    // Where there is only one, what is none of it is its own error.
    const source = sources.length === 1 ? only : sources.find((one) => one.takes(event))
    if (source === undefined)
      throw new MillraceError(
        'BAD_EVENT',
        `the receive function got an event of none of the program's sources (${sources.map(({ kind }) => kind).join(', ')}): ${JSON.stringify(event)?.slice(0, 200) ?? String(event)}; let nothing else invoke it`,
      )
    if ('handle' in source) {
      await source.handle(receiver.invoke, event, context)
      return { batchItemFailures: [] }
    }
    const remainingMs = (): number => context.getRemainingTimeInMillis()
    const take = async (delivered: Delivered, begun: boolean): Promise<Outcome> => {
      if (begun && remainingMs() <= COMMIT_RESERVE_MS) return { delivered, consumed: 0 }
      try {
        const { shard, records, full } = delivered
        const { consumed } = await receiver.receive({ source, stream: streamOf(delivered.resource), shard, records, full }, { remainingMs })
        return { delivered, consumed }
      } catch (error) {
        return { delivered, consumed: 0, error }
      }
    }
    const parts = source.partitions(event)
    const outcomes: Outcome[] = []
    for (let i = 0; i < parts.length; i += AT_ONCE)
      outcomes.push(...(await Promise.all(parts.slice(i, i + AT_ONCE).map((delivered) => take(delivered, i > 0)))))
    return source.answer(outcomes)
  }
}
