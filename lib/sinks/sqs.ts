import type { Sink } from '../dstream/sink.ts'
import { loadPeer } from '../values/load-peer.ts'
import { messageSink, nameOf, pairKey, type Target } from './messages.ts'

/** A message with its attributes, and a request of ten (SendMessageBatch; 1 MiB where the queue allows it). */
const MAX_BYTES: number = 256 * 1024
/** The id, and its attribute's name and type. */
const EXTRA_BYTES = 80

export interface SqsOptions<T> {
  /** A queue's name or URL. */
  readonly queue: Target
  /** @default the row as JSON */
  readonly body?: (row: T, id: string) => string
  /** Of a FIFO queue: the message group, whose order is kept. @default the pair's key; '-' for other rows */
  readonly group?: (row: T) => string
  /** Of the sink. @default the queue's */
  readonly name?: string
}

/**
 * Returns a sink that sends a message to an SQS queue for each row, at least once: a FIFO queue takes what comes again within five minutes for the same. The id travels as deduplication id, else as
 * the attribute `millrace_id`. Needs the package @aws-sdk/client-sqs.
 * @example
 * alarms.saveTo(sqs({ queue: { env: 'ALARMS_QUEUE_URL' }, name: 'alarms' }))
 */
export function sqs<T = unknown>({ queue, body, group, name = nameOf(queue) }: SqsOptions<T>): Sink<T> {
  return messageSink<T>({
    kind: 'sqs',
    name,
    target: queue,
    body,
    order: group ?? pairKey,
    maxBytes: MAX_BYTES,
    extraBytes: () => EXTRA_BYTES,
    right: (target) => {
      const [, region, account, own] = /^https:\/\/sqs\.([^.]+)\.amazonaws\.com\/(\d+)\/([^/]+)$/.exec(target) ?? []
      const resource = own === undefined ? `sqs:${target}` : `arn:aws:sqs:${region}:${account}:${own}`
      return /^https?:/.test(target) && own === undefined ? undefined : { actions: ['sqs:SendMessage', 'sqs:GetQueueUrl'], resource }
    },
    open: async (who, target) => {
      const { sqsSender } = await loadPeer(who, '@aws-sdk/client-sqs', () => (import.meta.inReceive === true ? undefined : import('../aws/send-sqs.ts')))
      return { most: { messages: 10, bytes: MAX_BYTES }, send: await sqsSender(who, target) }
    },
  })
}
