import type { Receiver } from '../runtime/receive/create-receiver.ts'
import { streamName } from '../sources/kinesis/event.ts'
import { kinesis } from '../sources/kinesis/source.ts'
import { sourceHandler, type LambdaContext } from './source-handler.ts'

export type { LambdaContext } from './source-handler.ts'

/** A partial batch response: the first record named and all after it are delivered again. */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
}

export interface KinesisHandlerOptions {
  /** The program's name of a stream, by its ARN. @default the last part of the ARN */
  readonly streamOf?: (arn: string) => string
}

/** Returns the handler of a receive function that reads Kinesis alone. The event source mapping must report batch item failures. */
export function kinesisHandler(
  runtime: Receiver,
  { streamOf = streamName }: KinesisHandlerOptions = {},
): (event: unknown, context: LambdaContext) => Promise<BatchResponse> {
  // Kinesis names sequence numbers.
  return sourceHandler(runtime, [kinesis], streamOf) as (event: unknown, context: LambdaContext) => Promise<BatchResponse>
}
