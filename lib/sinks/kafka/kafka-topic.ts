import type { Sink } from '../../dstream/sink.ts'
import { describeValue } from '../../values/describe-value.ts'
import { MillraceError } from '../../values/errors.ts'
import { notInReceive } from '../../values/in-receive.ts'
import { loadPeer } from '../../values/load-peer.ts'
import { toJson } from '../../values/to-json.ts'
import { pairKey } from '../messages.ts'

type Writer = import('./topic-writer.ts').TopicWriter

export interface KafkaTopicOptions<T> {
  /** `host:port` of some brokers; or the variable that holds them, with commas between. */
  readonly brokers: readonly string[] | { readonly env: string }
  /** It must be there. */
  readonly topic: string
  /** Messages of one key go to one partition of the topic, in their order. @default the pair's key; none for other rows */
  readonly key?: (row: T) => string | undefined
  /** null: a tombstone. @default the row as JSON; of a pair its value */
  readonly value?: (row: T) => string | Uint8Array | null
  /** Of the sink. @default the topic's */
  readonly name?: string
  /** What the client takes beside: tls, sasl. Called once per process: passwords come from the environment, never from the program. */
  readonly client?: () => object
}

const TOPIC = /^[a-zA-Z0-9._-]{1,249}$/
/** With its key; a broker takes 1 MiB unless told otherwise. */
export const MAX_MESSAGE_BYTES = 1_000_000

/**
 * Returns a sink that writes a message to a Kafka topic for each row, each batch exactly once for who reads committed: one transaction, which commits the batch time as an offset, too. Needs the
 * package @platformatic/kafka.
 * @example
 * counts.saveTo(kafkaTopic({ brokers: { env: 'KAFKA_BROKERS' }, topic: 'counts' }))
 */
export function kafkaTopic<T = unknown>({ brokers, topic, key = pairKey, value, name = topic, client }: KafkaTopicOptions<T>): Sink<T> {
  const who = `kafkaTopic '${name}'`
  if (!import.meta.inReceive) {
    if (typeof topic !== 'string' || !TOPIC.test(topic))
      throw new MillraceError('BAD_PROGRAM', `kafkaTopic got ${describeValue(topic)} as its topic; a name is 1 to 249 letters, digits, '.', '_' or '-'`)
    const listed: unknown = Array.isArray(brokers) ? brokers[0] : (brokers as { readonly env?: unknown } | undefined)?.env
    if (typeof listed !== 'string' || listed === '')
      throw new MillraceError(
        'BAD_PROGRAM',
        `${who}: its brokers are ${describeValue(brokers)}; say ['host:9092', ...], or { env: 'KAFKA_BROKERS' } for a variable that holds them`,
      )
  }
  let writer: Writer | undefined
  const messageOf = (row: T): { readonly key?: Buffer; readonly value?: Buffer } => {
    const own = key(row)
    const made: unknown = value === undefined ? toJson(pairKey(row) === undefined ? row : (row as readonly unknown[])[1]) : value(row)
    if (made !== null && typeof made !== 'string' && !(made instanceof Uint8Array))
      throw new MillraceError(
        'BAD_VALUE',
        `${who}: a value is ${describeValue(made)}; it is a text, bytes, or null for a tombstone: JSON.stringify what is an object`,
      )
    const message = { ...(own === undefined ? {} : { key: Buffer.from(own) }), ...(made === null ? {} : { value: Buffer.from(made as string) }) }
    const bytes = (message.key?.length ?? 0) + (message.value?.length ?? 0)
    if (bytes > MAX_MESSAGE_BYTES)
      throw new MillraceError(
        'BAD_VALUE',
        `${who}: the message has ${bytes} bytes; at most ${MAX_MESSAGE_BYTES} are taken: send less, or the name of an object that holds it`,
      )
    return message
  }
  return {
    name,
    guarantee: 'exactly-once',
    open: async () => {
      const { TopicWriter } = await loadPeer(who, '@platformatic/kafka', () => (import.meta.inReceive === true ? undefined : import('./topic-writer.ts')))
      writer ??= new TopicWriter({ who, name, topic, brokers: brokersOf(who, brokers), client: client?.() ?? {} })
      await writer.prepare()
    },
    check: import.meta.inReceive ? notInReceive : (row) => void messageOf(row),
    write: import.meta.inReceive
      ? notInReceive
      : async (rows, batch) => {
          if (writer === undefined) throw new Error(`${who}: write before open`)
          await writer.write(rows.map(messageOf), batch)
        },
  }
}

function brokersOf(who: string, brokers: KafkaTopicOptions<never>['brokers']): readonly string[] {
  if (!('env' in brokers)) return brokers
  const found = process.env[brokers.env]
  if (found === undefined || found === '')
    throw new MillraceError(
      'USAGE',
      `${who}: the variable ${brokers.env} is not set; it holds host:port, with commas between several: set it with \`environment\` in the construct`,
    )
  return found.split(',').map((one) => one.trim())
}
