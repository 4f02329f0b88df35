import { decodeValue } from '../codec/rows.ts'
import type { Decoder } from '../decode/decoder.ts'
import { describeValue } from '../values/describe-value.ts'
import type { Duration } from '../values/duration.ts'
import { MillraceError } from '../values/errors.ts'
import { positiveMs } from './check-duration.ts'
import { checkStreamName } from './input.ts'
import type { InputNode, Poll, Polled, PollRequest } from './node.ts'

/** Options of receiverStream. */
export interface ReceiverOptions<T, P> {
  /** How often it is asked; on AWS whole minutes. While a poll fills its limit the next follows at once. */
  readonly every: Duration
  /** Returns the records behind a position (undefined: from the beginning), in order, and the position behind them. Called again with a position it must return the same records, or more. */
  readonly poll: (position: P | undefined, request: PollRequest) => Promise<Polled<T, P>>
  /** Records of one poll at most, 1 to 10,000. @default 1000 */
  readonly limit?: number
}

const DEFAULT_LIMIT = 1000
/** As many as an event source mapping brings at once. */
const MAX_LIMIT = 10_000
const VALUES: Decoder<unknown> = { decode: (data) => decodeValue(data) }

/** Returns a node of the records that a user's function polls. */
export function receiverNode<T, P>(stream: string, options: ReceiverOptions<T, P>, intervalMs: number): InputNode {
  if (!import.meta.inReceive) check(stream, options)
  const poll: Poll = {
    everyMs: options.every.milliseconds,
    limit: options.limit ?? DEFAULT_LIMIT,
    poll: options.poll as Poll['poll'],
  }
  return Object.freeze<InputNode>({
    shape: 'input',
    kind: 'receiverStream',
    uid: undefined,
    parents: [],
    slideMs: intervalMs,
    params: { stream },
    stream,
    decoder: VALUES,
    queue: undefined,
    poll,
  })
}

function check(stream: string, options: unknown): void {
  checkStreamName('receiverStream', stream)
  const given = options as { readonly every?: unknown; readonly poll?: unknown; readonly limit?: unknown } | undefined
  positiveMs(given?.every, `receiverStream '${stream}': every`)
  if (typeof given?.poll !== 'function')
    throw new MillraceError(
      'BAD_PROGRAM',
      `receiverStream '${stream}' got ${describeValue(given?.poll)} as its poll; it takes async (position, { limit, deadline, signal }) => ({ records, position })`,
    )
  const { limit = DEFAULT_LIMIT } = given
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw new MillraceError(
      'BAD_PROGRAM',
      `receiverStream '${stream}' got ${describeValue(limit)} as its limit; it must be a whole number of records from 1 to ${MAX_LIMIT}`,
    )
}
