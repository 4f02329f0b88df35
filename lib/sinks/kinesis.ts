import type { Sink } from '../dstream/sink.ts'
import { loadPeer } from '../values/load-peer.ts'
import { messageSink, nameOf, pairKey, type Body, type Target } from './messages.ts'

/** A record with its partition key, and a request of 500 (PutRecords). */
const MAX_RECORD_BYTES: number = 1024 * 1024
const MAX_REQUEST_BYTES: number = 5 * 1024 * 1024

export interface KinesisOptions<T> {
  /** A stream's name or ARN. */
  readonly stream: Target
  /** @default the row as JSON. A record has no other place for the id: put it in where readers want it */
  readonly data?: Body<T>
  /** Records of one partition key keep their order. @default the pair's key; the id for other rows, which spreads them */
  readonly partitionKey?: (row: T) => string
  /** Of the sink. @default the stream's */
  readonly name?: string
}

/**
 * Returns a sink that puts a record to a Kinesis stream for each row, at least once. Needs the package @aws-sdk/client-kinesis.
 * @example
 * counts.saveTo(kinesis({ stream: { env: 'COUNTS_STREAM' }, name: 'counts', data: ([word, n], id) => JSON.stringify({ word, n, id }) }))
 */
export function kinesis<T = unknown>({ stream, data, partitionKey, name = nameOf(stream) }: KinesisOptions<T>): Sink<T> {
  return messageSink<T>({
    kind: 'kinesis',
    name,
    target: stream,
    body: data,
    order: partitionKey ?? pairKey,
    maxBytes: MAX_RECORD_BYTES,
    extraBytes: (key) => (key === undefined ? 32 : Buffer.byteLength(key)),
    right: (target) => ({ actions: ['kinesis:PutRecords'], resource: target.startsWith('arn:') ? target : `kinesis:stream/${target}` }),
    open: async (who, target) => {
      const { kinesisSender } = await loadPeer(who, '@aws-sdk/client-kinesis', () =>
        import.meta.inReceive === true ? undefined : import('../aws/send-kinesis.ts'),
      )
      return { most: { messages: 500, bytes: MAX_REQUEST_BYTES }, send: kinesisSender(who, target) }
    },
  })
}
