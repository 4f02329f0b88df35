import { MillraceError } from '../values/errors.ts'
import type { Message } from '../runtime/ports/messages.ts'

/** Returns the body under which a message goes through a queue. */
export function serializeMessage(message: Message): string {
  return JSON.stringify(message)
}

/** Returns the message of a body. Throws BAD_EVENT for anything else. */
export function parseMessage(body: string): Message {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw bad(body)
  }
  const message = value as Partial<Record<'kind' | 'batch' | 'stage' | 'partition' | 'again', unknown>> | null
  if (message?.kind === 'tick') return { kind: 'tick' }
  const { kind, batch, stage, partition, again } = message ?? {}
  if (kind !== 'task' || !isCount(batch) || typeof stage !== 'string' || !isCount(partition) || typeof again !== 'boolean') throw bad(body)
  return { kind, batch, stage, partition, again }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function bad(body: string): MillraceError {
  return new MillraceError(
    'BAD_EVENT',
    `the run function got the message ${body.slice(0, 200)}; it takes {"kind":"tick"} and {"kind":"task","batch":n,"stage":s,"partition":n,"again":b}: let nothing else send to its queues`,
  )
}
