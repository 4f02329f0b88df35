import { createHash } from 'node:crypto'
import { KinesisClient, KinesisServiceException, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { Send } from './outgoing.ts'
import { MillraceError } from '../values/errors.ts'
import { CLIENT_OPTIONS } from './client-options.ts'

/** Characters of a partition key. */
const MAX_KEY = 256

/** Returns what puts records to a stream, by name or ARN. */
export function kinesisSender(who: string, stream: string): Send {
  // HTTP/1.1: over HTTP/2, its default, LocalStack closes the session.
  const client = new KinesisClient({ ...CLIENT_OPTIONS, requestHandler: new NodeHttpHandler(CLIENT_OPTIONS.requestHandler) })
  return async (messages, abortSignal) => {
    const { Records = [] } = await client
      .send(
        new PutRecordsCommand({
          ...(stream.startsWith('arn:') ? { StreamARN: stream } : { StreamName: stream }),
          Records: messages.map(({ id, order, body }) => ({
            PartitionKey: partitionKey(order ?? id),
            Data: typeof body === 'string' ? Buffer.from(body) : body,
          })),
        }),
        { abortSignal },
      )
      .catch((cause: unknown) => {
        if (!(cause instanceof KinesisServiceException)) throw cause
        throw new MillraceError(
          'STORE_FAILED',
          `${who}: Kinesis says ${cause.name} (${cause.message}); the stream must be there, and the run function needs kinesis:PutRecords: stream.grantWrite(job)`,
          { cause },
        )
      })
    // Throttled, or an internal failure: both pass.
    return Records.flatMap(({ ErrorCode, ErrorMessage }, i) =>
      ErrorCode === undefined ? [] : [{ id: messages[i]?.id ?? '', why: `${ErrorCode} (${ErrorMessage ?? ''})`, forever: false }],
    )
  }
}

/** A key that is empty or too long is told by its hash. */
function partitionKey(key: string): string {
  return key === '' || key.length > MAX_KEY ? createHash('sha256').update(key).digest('hex') : key
}
