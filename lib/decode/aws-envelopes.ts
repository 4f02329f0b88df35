import { gunzipSync } from 'node:zlib'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { Decoder, RecordMeta } from './decoder.ts'
import { isRowsDecoder, type AnyDecoder, type RowsDecoder } from './rows-decoder.ts'
import type { StandardSchema } from './standard-schema.ts'
import { assertSchema, validate } from './validate.ts'

/** A line of a log group, as a subscription filter puts it to a stream. */
export interface LogEvent {
  readonly id: string
  /** Epoch ms. */
  readonly timestamp: number
  readonly message: string
  readonly logGroup: string
  readonly logStream: string
  readonly owner: string
}

interface LogData {
  readonly messageType: string
  readonly owner: string
  readonly logGroup: string
  readonly logStream: string
  readonly logEvents: readonly { readonly id: string; readonly timestamp: number; readonly message: string }[]
}

/** At most a record's 10 MiB, unpacked: CloudWatch Logs sends 1 MB at most. */
const MAX_LOG_BYTES = 64 * 1024 * 1024

/** Returns a decoder of what a subscription filter of CloudWatch Logs puts to a stream: a row per line of the log. Its control messages are no rows. */
export function cloudWatchLogs(): RowsDecoder<LogEvent> {
  return {
    split: (data) => {
      const parsed = object(parse(gunzipSync(data, { maxOutputLength: MAX_LOG_BYTES }), 'cloudWatchLogs'), 'cloudWatchLogs') as unknown as LogData
      if (parsed.messageType === 'CONTROL_MESSAGE') return []
      if (parsed.messageType !== 'DATA_MESSAGE' || !Array.isArray(parsed.logEvents))
        throw new MillraceError(
          'BAD_VALUE',
          `cloudWatchLogs got a message of type ${describeValue(parsed.messageType)}; a subscription filter sends DATA_MESSAGE with logEvents, and CONTROL_MESSAGE`,
        )
      const { owner, logGroup, logStream } = parsed
      const logEvents: LogData['logEvents'] = parsed.logEvents
      return logEvents.map(({ id, timestamp, message }): LogEvent => ({ id, timestamp, message, logGroup, logStream, owner }))
    },
    decodeRow: (event) => event as LogEvent,
  }
}

/** Returns a decoder of notifications of SNS, as they are without raw message delivery: their message goes to `decoder`. */
export function sns<T>(decoder: RowsDecoder<T>): RowsDecoder<T>
export function sns<T>(decoder: Decoder<T>): Decoder<T>
export function sns<T>(decoder: AnyDecoder<T>): AnyDecoder<T> {
  const message = (data: Uint8Array): Buffer => {
    const { Type, Message } = object(parse(data, 'sns'), 'sns') as { readonly Type?: unknown; readonly Message?: unknown }
    if (Type !== 'Notification' || typeof Message !== 'string')
      throw new MillraceError(
        'BAD_VALUE',
        `sns got a message of Type ${describeValue(Type)}; it takes notifications: { "Type": "Notification", "Message": "..." }`,
      )
    return Buffer.from(Message)
  }
  return isRowsDecoder(decoder)
    ? { split: (data, meta) => decoder.split(message(data), meta), decodeRow: (part, meta) => decoder.decodeRow(part, meta) }
    : { decode: (data: Uint8Array, meta: RecordMeta) => decoder.decode(message(data), meta) }
}

/** An event as EventBridge delivers it; `time` is its text, as in 2026-11-30T23:00:00Z. */
export interface EventBridgeEvent<T> {
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly account: string
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: T
}

/** Returns a decoder of events of EventBridge; with a Standard Schema, of their `detail`. */
export function eventBridge(): Decoder<EventBridgeEvent<unknown>>
export function eventBridge<T>(detail: StandardSchema<T>): Decoder<EventBridgeEvent<T>>
export function eventBridge(detail?: StandardSchema<unknown>): Decoder<EventBridgeEvent<unknown>> {
  if (detail !== undefined) assertSchema(detail)
  return {
    decode: (data) => {
      const event = object(parse(data, 'eventBridge'), 'eventBridge') as unknown as EventBridgeEvent<unknown>
      if (typeof event.source !== 'string' || typeof event['detail-type'] !== 'string')
        throw new MillraceError(
          'BAD_VALUE',
          "eventBridge got an object without source and detail-type; an event has both: send the whole matched event, or use json() where the rule's target transforms it",
        )
      return detail === undefined ? event : { ...event, detail: validate(detail, event.detail) }
    },
  }
}

function parse(data: Uint8Array, decoder: string): unknown {
  try {
    return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8'))
  } catch (cause) {
    throw new MillraceError('BAD_VALUE', `${decoder}: the record is not JSON: ${(cause as Error).message}`, { cause })
  }
}

function object(value: unknown, decoder: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>
  throw new MillraceError('BAD_VALUE', `${decoder}: the record is ${describeValue(value)}; it must be a JSON object`)
}
