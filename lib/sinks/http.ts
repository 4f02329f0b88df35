import { setTimeout as sleep } from 'node:timers/promises'
import type { NotTaken, Outgoing, Send } from '../aws/outgoing.ts'
import type { Sink } from '../dstream/sink.ts'
import { describeError } from '../values/describe-error.ts'
import { messageSink, pairKey, type Target } from './messages.ts'

/** Of a request: what most services and proxies take at least. */
const MAX_BYTES: number = 1024 * 1024
/** For an answer. */
const ANSWER_MS = 15_000
/** Of what a server asks to be waited for: longer than this the batch fails, and is tried again later. */
const MAX_WAIT_MS = 30_000
/** Of an answer, as it stands in errors. */
const MAX_ANSWER = 300

export interface HttpOptions<T> {
  /** `https://...` */
  readonly url: Target
  /** @default 'POST' */
  readonly method?: 'POST' | 'PUT' | 'PATCH'
  /** Called for each request: tokens come from the environment, never from the program. @default none but content-type: application/json */
  readonly headers?: () => Readonly<Record<string, string>>
  /** @default the row as JSON */
  readonly body?: (row: T, id: string) => string
  /** Requests with one key are sent one after the other. @default the pair's key; other rows have no order */
  readonly order?: (row: T) => string | undefined
  /** What becomes of a row to which the server says 4xx: the batch stops, or it is logged, counted and left out. @default 'stop' */
  readonly refused?: 'stop' | 'skip'
  /** Of the sink. */
  readonly name: string
}

/**
 * Returns a sink that makes a request for each row, at least once. The id travels as the header Idempotency-Key. 429, 408 and 5xx are tried again, after Retry-After where the server says it.
 * @example
 * alarms.saveTo(http({ url: { env: 'WEBHOOK_URL' }, name: 'webhook', headers: () => ({ authorization: `Bearer ${process.env.TOKEN}` }) }))
 */
export function http<T = unknown>({ url, method = 'POST', headers, body, order, refused, name }: HttpOptions<T>): Sink<T> {
  return messageSink<T>({
    kind: 'http',
    name,
    target: url,
    body,
    order: order ?? pairKey,
    maxBytes: MAX_BYTES,
    extraBytes: () => 0,
    refused,
    // A request is a message.
    open: async (_who, target) => ({ most: { messages: 1, bytes: MAX_BYTES }, send: import.meta.inReceive ? nowhere : requester(target, method, headers) }),
  })
}

const nowhere: Send = async () => []

function requester(url: string, method: string, headers: (() => Readonly<Record<string, string>>) | undefined): Send {
  return async (messages, signal) => {
    const failed: NotTaken[] = []
    for (const message of messages) {
      const found = await request(message, signal, { url, method, headers: headers?.() ?? {} })
      if (found !== undefined) failed.push(found)
    }
    return failed
  }
}

async function request(
  { id, body }: Outgoing,
  signal: AbortSignal,
  { url, method, headers }: { readonly url: string; readonly method: string; readonly headers: Readonly<Record<string, string>> },
): Promise<NotTaken | undefined> {
  try {
    const answer = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', ...headers, 'idempotency-key': id },
      body: String(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    })
    const text = await answer.text()
    if (answer.ok) return undefined
    const forever = answer.status >= 400 && answer.status < 500 && answer.status !== 429 && answer.status !== 408
    const waitMs = Math.max(0, Number(answer.headers.get('retry-after') ?? 0) * 1_000)
    if (!forever && waitMs > 0 && waitMs <= MAX_WAIT_MS) await sleep(waitMs, undefined, { signal })
    return { id, why: `the server says ${answer.status} ${answer.statusText}: ${text.slice(0, MAX_ANSWER)}`, forever }
  } catch (error) {
    signal.throwIfAborted()
    return { id, why: describeError(error).message, forever: false }
  }
}
