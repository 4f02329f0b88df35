import type { Sink } from '../dstream/sink.ts'
import { loadPeer } from '../values/load-peer.ts'
import { messageSink, nameOf, pairKey, type Target } from './messages.ts'

/** A message with its attributes, and a request of ten (PublishBatch). */
const MAX_BYTES: number = 256 * 1024
const EXTRA_BYTES = 80

export interface SnsOptions<T> {
  /** A topic's ARN. */
  readonly topic: Target
  /** @default the row as JSON */
  readonly body?: (row: T, id: string) => string
  /** Of a FIFO topic: the message group, whose order is kept. @default the pair's key; '-' for other rows */
  readonly group?: (row: T) => string
  /** Of the sink. @default the topic's */
  readonly name?: string
}

/**
 * Returns a sink that publishes a message to an SNS topic for each row, at least once: a FIFO topic takes what comes again within five minutes for the same. The id travels as deduplication id,
 * else as the attribute `millrace_id`. Needs the package @aws-sdk/client-sns.
 * @example
 * alarms.saveTo(sns({ topic: { env: 'ALARMS_TOPIC_ARN' }, name: 'alarms' }))
 */
export function sns<T = unknown>({ topic, body, group, name = nameOf(topic) }: SnsOptions<T>): Sink<T> {
  return messageSink<T>({
    kind: 'sns',
    name,
    target: topic,
    body,
    order: group ?? pairKey,
    maxBytes: MAX_BYTES,
    extraBytes: () => EXTRA_BYTES,
    right: (target) => ({ actions: ['sns:Publish'], resource: target }),
    open: async (who, target) => {
      const { snsSender } = await loadPeer(who, '@aws-sdk/client-sns', () => (import.meta.inReceive === true ? undefined : import('../aws/send-sns.ts')))
      return { most: { messages: 10, bytes: MAX_BYTES }, send: snsSender(who, target) }
    },
  })
}
