import type { Outgoing } from '../aws/outgoing.ts'
import type { Sink, SinkRight } from '../dstream/sink.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { notInReceive } from '../values/in-receive.ts'
import { toJson } from '../values/to-json.ts'
import { idOf, sendAll, type Sender } from './send-all.ts'

/** What a message holds, of a row. `id`: 32 hex digits, the same for every attempt; whoever must not act twice remembers it. */
export type Body<T> = (row: T, id: string) => string | Uint8Array

/** A name, URL or ARN; or the variable that holds it where the job runs. */
export type Target = string | { readonly env: string }

export interface MessageSink<T> {
  /** Of the function that makes it: `sqs`. */
  readonly kind: string
  readonly name: string
  readonly target: Target
  readonly body: Body<T> | undefined
  /** The key whose messages keep their order; undefined: none. */
  readonly order: ((row: T) => string | undefined) | undefined
  /** What a message may have, all in all. */
  readonly maxBytes: number
  /** Beside the body, as the service counts it. */
  readonly extraBytes: (order: string | undefined) => number
  /** A message that is never taken stops the batch, or is logged, counted and left out. */
  readonly refused?: 'stop' | 'skip' | undefined
  /** Of a target that the program names, what may be done there. */
  readonly right?: (target: string) => SinkRight | undefined
  /** Called once per process, with what the target is. */
  readonly open: (who: string, target: string) => Promise<Omit<Sender, 'who'>>
}

/** Returns a sink that sends a message for each row, at least once. */
export function messageSink<T>({ kind, name, target, body, order, maxBytes, extraBytes, refused = 'stop', right, open }: MessageSink<T>): Sink<T> {
  const who = `${kind} '${name}'`
  if (!import.meta.inReceive) {
    checkTarget(target, who)
    if (refused !== 'stop' && refused !== 'skip') throw new MillraceError('BAD_PROGRAM', `${who}: refused is ${describeValue(refused)}; it is 'stop' or 'skip'`)
  }
  const granted = typeof target === 'string' ? right?.(target) : undefined
  let sender: Sender | undefined
  const outgoing = (row: T, id: string): Outgoing => {
    const made: unknown = body === undefined ? toJson(row) : body(row, id)
    if (typeof made !== 'string' && !(made instanceof Uint8Array && kind === 'kinesis'))
      throw new MillraceError(
        'BAD_VALUE',
        `${who}: a message is ${describeValue(made)}; it is a text (for Kinesis also bytes): JSON.stringify what is an object`,
      )
    const key = order?.(row)
    const bytes = (typeof made === 'string' ? Buffer.byteLength(made) : made.length) + extraBytes(key)
    if (bytes > maxBytes)
      throw new MillraceError(
        'BAD_VALUE',
        `${who}: the message has ${bytes} bytes; ${kind} takes ${maxBytes}: send less, or the name of an object that holds it`,
      )
    return { id, order: key, body: made, bytes }
  }
  return {
    name,
    guarantee: 'at-least-once',
    ...(granted === undefined ? {} : { rights: [granted] }),
    open: async () => {
      sender ??= { who, ...(await open(who, resolveTarget(target, who))) }
    },
    check: import.meta.inReceive ? notInReceive : (row) => void outgoing(row, '0'.repeat(32)),
    write: import.meta.inReceive
      ? notInReceive
      : async (rows, batch) => {
          if (sender === undefined) throw new Error(`${who}: write before open`)
          const messages = rows.map((row, i) => outgoing(row, idOf(batch, i)))
          await sendAll(messages, sender, {
            signal: batch.signal,
            refused: ({ id, why }) => {
              const i = messages.findIndex((message) => message.id === id)
              const error = new MillraceError('STORE_FAILED', `${who} refuses the message of ${describeValue(rows[i])} for good: ${why}`)
              if (refused === 'stop') throw error
              batch.refuse(rows[i], error)
            },
          })
        },
  }
}

/** Of a target that is not known yet, the variable. */
export function nameOf(target: Target): string {
  const text = typeof target === 'string' ? target : typeof target?.env === 'string' ? target.env : ''
  return (text.split(/[/:]/).at(-1) ?? '').slice(0, 56)
}

function checkTarget(target: unknown, who: string): void {
  const given = typeof target === 'object' && target !== null ? (target as { readonly env?: unknown }).env : target
  if (typeof given !== 'string' || given === '')
    throw new MillraceError(
      'BAD_PROGRAM',
      `${who}: it is to send to ${describeValue(target)}; say where: a name, URL or ARN, or { env: 'VARIABLE' } for a variable that holds it`,
    )
}

function resolveTarget(target: Target, who: string): string {
  if (typeof target === 'string') return target
  const found = process.env[target.env]
  if (found === undefined || found === '')
    throw new MillraceError('USAGE', `${who}: the variable ${target.env} is not set; it says where to send: set it with \`environment\` in the construct`)
  return found
}

/** The pair's key as text: what orders messages unless a program says otherwise. */
export function pairKey(row: unknown): string | undefined {
  if (!Array.isArray(row) || row.length !== 2) return undefined
  const key: unknown = row[0]
  return typeof key === 'string' ? key : toJson(key)
}
