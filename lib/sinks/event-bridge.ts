import type { Sink } from '../dstream/sink.ts'
import { loadPeer } from '../values/load-peer.ts'
import { toJson } from '../values/to-json.ts'
import { messageSink, nameOf, type Target } from './messages.ts'

/** Of an event with source, type and time, and of a request of ten (PutEvents). */
const MAX_BYTES: number = 256 * 1024
const EXTRA_BYTES = 200

export interface EventBridgeOptions<T> {
  /** An event bus, by name or ARN. */
  readonly bus: Target
  readonly source: string
  readonly detailType: string
  /** An object. @default the row where it is one, else `{ value: row }` */
  readonly detail?: (row: T) => object
  /** Of the sink. @default the bus's */
  readonly name?: string
}

/**
 * Returns a sink that puts an event on an EventBridge bus for each row, at least once. The id travels as `detail.millrace_id`; there is no order. Needs the package @aws-sdk/client-eventbridge.
 * @example
 * alarms.saveTo(eventBridge({ bus: 'default', source: 'shop', detailType: 'Alarm', name: 'alarms' }))
 */
export function eventBridge<T = unknown>({ bus, source, detailType, detail, name = nameOf(bus) }: EventBridgeOptions<T>): Sink<T> {
  return messageSink<T>({
    kind: 'eventBridge',
    name,
    target: bus,
    body: (row, id) => toJson({ ...(detail === undefined ? own(row) : detail(row)), millrace_id: id }),
    order: undefined,
    maxBytes: MAX_BYTES,
    extraBytes: () => EXTRA_BYTES + Buffer.byteLength(source + detailType),
    right: (target) => ({ actions: ['events:PutEvents'], resource: target.startsWith('arn:') ? target : `events:event-bus/${target}` }),
    open: async (who, target) => {
      const { eventBridgeSender } = await loadPeer(who, '@aws-sdk/client-eventbridge', () =>
        import.meta.inReceive === true ? undefined : import('../aws/send-event-bridge.ts'),
      )
      return { most: { messages: 10, bytes: MAX_BYTES }, send: eventBridgeSender(who, { bus: target, source, detailType }) }
    },
  })
}

function own(row: unknown): object {
  return typeof row === 'object' && row !== null && !Array.isArray(row) ? row : { value: row }
}
