import { EventBridgeClient, EventBridgeServiceException, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import type { Send } from './outgoing.ts'
import { MillraceError } from '../values/errors.ts'
import { CLIENT_OPTIONS } from './client-options.ts'

/** What EventBridge takes later on; anything else that it says of an event it says again. */
const PASSING = new Set(['ThrottlingException', 'InternalFailure', 'InternalException'])

/** Returns what puts events on a bus. */
export function eventBridgeSender(
  who: string,
  { bus, source, detailType }: { readonly bus: string; readonly source: string; readonly detailType: string },
): Send {
  const client = new EventBridgeClient(CLIENT_OPTIONS)
  return async (messages, abortSignal) => {
    const { Entries = [] } = await client
      .send(
        new PutEventsCommand({ Entries: messages.map(({ body }) => ({ EventBusName: bus, Source: source, DetailType: detailType, Detail: String(body) })) }),
        { abortSignal },
      )
      .catch((cause: unknown) => {
        if (!(cause instanceof EventBridgeServiceException)) throw cause
        throw new MillraceError(
          'STORE_FAILED',
          `${who}: EventBridge says ${cause.name} (${cause.message}); the bus must be there, and the run function needs events:PutEvents: bus.grantPutEventsTo(job)`,
          { cause },
        )
      })
    return Entries.flatMap(({ ErrorCode, ErrorMessage }, i) =>
      ErrorCode === undefined ? [] : [{ id: messages[i]?.id ?? '', why: `${ErrorCode} (${ErrorMessage ?? ''})`, forever: !PASSING.has(ErrorCode) }],
    )
  }
}
