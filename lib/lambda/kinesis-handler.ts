import type { Receiver } from '../runtime/receive/create-receiver.ts'
import { parseKinesisEvent, streamName } from '../sources/kinesis/event.ts'

/** What a handler uses of Lambda's context. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number
}

/** A partial batch response: the first record named and all after it are delivered again. */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
}

export interface KinesisHandlerOptions {
  /** The program's name of a stream, by its ARN. @default the last part of the ARN */
  readonly streamOf?: (arn: string) => string
}

/** Returns the handler of the receive function. The event source mapping must report batch item failures. */
export function kinesisHandler(
  runtime: Receiver,
  { streamOf = streamName }: KinesisHandlerOptions = {},
): (event: unknown, context: LambdaContext) => Promise<BatchResponse> {
  return async (event, context) => {
    const { streamArn, shard, records, full } = parseKinesisEvent(event)
    if (records.length === 0) return { batchItemFailures: [] }
    const { consumed } = await runtime.receive({ stream: streamOf(streamArn), shard, records, full }, { remainingMs: () => context.getRemainingTimeInMillis() })
    const next = records[consumed]
    return { batchItemFailures: next === undefined ? [] : [{ itemIdentifier: next.sequenceNumber }] }
  }
}
