import { MillraceError } from '../values/errors.ts'
import type { Runtime } from '../runtime/create-runtime.ts'
import type { Message } from '../runtime/ports/messages.ts'
import type { BatchResponse, LambdaContext } from './kinesis-handler.ts'
import { parseMessage } from './message-json.ts'

interface QueueRecord {
  readonly messageId: string
  readonly body: string
  readonly eventSource: string
}

export interface SqsHandlerOptions {
  /** Told of what fails, before the message is handed back; null: its body is no message. */
  readonly onError?: (error: unknown, message: Message | null) => void
}

/** Returns the handler of the run function: ticks, however many, are one tick; tasks run one after the other. */
export function sqsHandler(runtime: Runtime, { onError }: SqsHandlerOptions = {}): (event: unknown, context: LambdaContext) => Promise<BatchResponse> {
  return async (event, context) => {
    const failed: string[] = []
    const records = recordsOf(event).flatMap(({ messageId: id, body }) => {
      try {
        return [{ id, message: parseMessage(body) }]
      } catch (error) {
        // It goes to the dead-letter queue by itself; the messages beside it are not to wait for that.
        onError?.(error, null)
        failed.push(id)
        return []
      }
    })
    const deadline = { remainingMs: (): number => context.getRemainingTimeInMillis() }
    const ticks = records.filter(({ message }) => message.kind === 'tick')
    const work = [...records.filter(({ message }) => message.kind === 'task').map((record) => [record]), ...(ticks.length > 0 ? [ticks] : [])]
    for (const together of work) {
      const [first] = together
      if (first === undefined) continue
      try {
        await runtime.message(first.message, deadline)
      } catch (error) {
        onError?.(error, first.message)
        failed.push(...together.map(({ id }) => id))
      }
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }
}

function recordsOf(event: unknown): readonly QueueRecord[] {
  const list = (event as { readonly Records?: unknown } | null)?.Records
  if (!Array.isArray(list))
    throw new MillraceError(
      'BAD_EVENT',
      `the run function got an event without Records: ${JSON.stringify(event)?.slice(0, 200) ?? String(event)}; it takes messages of its two queues`,
    )
  const records = list as readonly (QueueRecord | null)[]
  return records.map((record) => {
    if (record?.eventSource !== 'aws:sqs')
      throw new MillraceError(
        'BAD_EVENT',
        `the run function got an event of ${JSON.stringify(record?.eventSource ?? 'an unknown service')}; it takes messages of its two queues: let nothing else invoke it`,
      )
    return record
  })
}
