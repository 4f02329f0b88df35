import type { Poll, Polled } from '../../dstream/node.ts'
import { describeValue } from '../../values/describe-value.ts'
import { MillraceError } from '../../values/errors.ts'

/** A position stands in every entry: it is a place, and no store. */
const MAX_POSITION_CHARACTERS = 16_384

export interface Asked {
  readonly stream: string
  readonly receiver: Poll
  /** The position to go on from, as JSON; undefined: the first poll. */
  readonly before: string | undefined
  /** Epoch ms. */
  readonly deadline: number
  readonly signal: AbortSignal
}

/** Asks a receiver once. */
export async function askReceiver(asked: Asked): Promise<ReturnType<typeof checkPolled>> {
  const { receiver, before, deadline, signal } = asked
  const position: unknown = before === undefined ? undefined : JSON.parse(before)
  return checkPolled(asked, await untilAborted(receiver.poll(position, { limit: receiver.limit, deadline, signal }), asked))
}

/** Waits for a poll until its signal is aborted: a function that never answers would take the whole invocation with it. */
function untilAborted<T>(answer: Promise<T>, { stream, signal }: { readonly stream: string; readonly signal: AbortSignal }): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void =>
      reject(
        new MillraceError(
          'BAD_VALUE',
          `the poll of receiverStream '${stream}' did not answer by its deadline: give its requests \`signal\`, or ask for less at once (limit)`,
        ),
      )
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    Promise.resolve(answer)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop))
  })
}

/** Returns what a poll brought, its position as JSON. Throws for what is no answer. */
function checkPolled(
  { stream, receiver: { limit } }: { readonly stream: string; readonly receiver: Poll },
  answer: Polled<unknown, unknown> | null | undefined,
): { readonly records: readonly unknown[]; readonly position: string } {
  const { records, position } = (answer ?? {}) as Partial<Polled<unknown, unknown>>
  const wrong = (what: string): MillraceError => new MillraceError('BAD_VALUE', `the poll of receiverStream '${stream}' returned ${what}`)
  if (!Array.isArray(records)) throw wrong(`${describeValue(answer)}; it must return { records: [...], position }`)
  if (records.length > limit)
    throw wrong(`${records.length} records, and was asked for ${limit} at most: return the first ${limit} and the position behind them, or raise its limit`)
  const text: string | undefined = JSON.stringify(position)
  if (text === undefined) throw wrong(`the position ${describeValue(position)}; it must be what JSON can hold, and say from where to go on`)
  if (text.length > MAX_POSITION_CHARACTERS)
    throw wrong(`a position of ${text.length} characters; it stands in every entry of the log, and may have ${MAX_POSITION_CHARACTERS}`)
  return { records, position: text }
}
