import { setTimeout as sleep } from 'node:timers/promises'
import { createHash } from 'node:crypto'
import type { NotTaken, Outgoing, Send } from '../aws/outgoing.ts'
import type { SinkBatch } from '../dstream/sink.ts'
import { MillraceError } from '../values/errors.ts'

export interface Sender {
  /** For errors. */
  readonly who: string
  /** Of one request. */
  readonly most: { readonly messages: number; readonly bytes: number }
  readonly send: Send
}

/** Requests on their way at once. */
const AT_ONCE = 4
/** In a row, of requests of which no message was taken: about 6 s. */
const MAX_FUTILE = 6
const FIRST_PAUSE_MS = 100

/** Returns the id that travels with a row. */
export function idOf(batch: SinkBatch, index: number): string {
  return createHash('sha256').update(`${batch.id}/${index}`).digest('hex').slice(0, 32)
}

/** Sends messages until all are taken, again and after a pause those that were not; `refused` takes those that never will be. */
export async function sendAll(
  messages: readonly Outgoing[],
  { who, most, send }: Sender,
  { signal, refused }: { readonly signal: AbortSignal; readonly refused: (message: NotTaken) => void },
): Promise<void> {
  let left = messages
  for (let futile = 0; left.length > 0;) {
    const failed = new Map<string, NotTaken>()
    const { requests, later } = divide(left, most)
    let next = 0
    const work = async (): Promise<void> => {
      for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
        signal.throwIfAborted()
        for (const one of await send(request, signal)) failed.set(one.id, one)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    for (const one of failed.values()) {
      if (!one.forever) continue
      refused(one)
      failed.delete(one.id)
    }
    const sent = left.length - later.size - failed.size
    left = left.filter((message) => failed.has(message.id) || later.has(message))
    if (failed.size === 0) continue
    futile = sent > 0 ? 0 : futile + 1
    const [first] = failed.values()
    if (futile >= MAX_FUTILE)
      throw new MillraceError(
        'STORE_FAILED',
        `${who}: ${failed.size} of ${messages.length} messages are not taken after ${futile} tries: ${first?.why ?? 'nobody says why'}`,
      )
    await sleep(FIRST_PAUSE_MS * 2 ** futile, undefined, { signal })
  }
}

/** Into requests; of messages of one key only the first goes now. */
function divide(
  messages: readonly Outgoing[],
  most: Sender['most'],
): { readonly requests: readonly (readonly Outgoing[])[]; readonly later: ReadonlySet<Outgoing> } {
  const requests: Outgoing[][] = []
  const later = new Set<Outgoing>()
  const busy = new Set<string>()
  let room = { messages: 0, bytes: 0 }
  for (const message of messages) {
    if (message.order !== undefined && busy.has(message.order)) {
      later.add(message)
      continue
    }
    if (message.order !== undefined) busy.add(message.order)
    if (room.messages < 1 || room.bytes < message.bytes) {
      requests.push([])
      room = { ...most }
    }
    requests.at(-1)?.push(message)
    room = { messages: room.messages - 1, bytes: room.bytes - message.bytes }
  }
  return { requests, later }
}
