import { encodeValue } from '../../codec/rows.ts'
import type { Poll } from '../../dstream/node.ts'
import { askReceiver } from '../../runtime/receive/ask-receiver.ts'
import { refuseStopped } from '../stopped.ts'
import type { KeptPolls } from './kept-polls.ts'
import type { LiveClock } from './live-clock.ts'
import { RecordSource, type Chunk } from './record-source.ts'

export interface PollSourceOptions {
  /** Stream time, which follows the wall. */
  readonly clock: LiveClock
  readonly kept: KeptPolls
  /** Ends with the first poll that does not fill its limit; else it is asked for ever. */
  readonly untilEnd: boolean
  readonly signal: AbortSignal
  readonly warn: (text: string) => void
}

/** Nothing ends an invocation here: a poll that does not answer for so long is given up, as one on AWS would be. */
const LIMIT_MS = 60_000

/** Returns the source of a receiver of one's own: asked when the run begins and then every so often, at once again while it fills its limit. All of it goes to one shard, so its order stays. */
export function pollSource(stream: string, receiver: Poll, options: PollSourceOptions): RecordSource {
  return new RecordSource(stream, chunksOf(stream, receiver, options), {
    dataTime: () => undefined,
    describe: () => ({ partitionKey: stream, arrivalMs: 0 }),
  })
}

async function* chunksOf(stream: string, receiver: Poll, { clock, kept, untilEnd, signal, warn }: PollSourceOptions): AsyncGenerator<Chunk> {
  let lastMs = -Infinity
  for (const { records, arrivalMs } of kept.all()) {
    lastMs = arrivalMs
    if (records.length > 0) yield { lines: records, arrivalMs }
  }
  clock.begin(lastMs)
  for (;;) {
    const askedMs = clock.nowMs
    const before = kept.position
    try {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
      const { records, position } = await askReceiver({ stream, receiver, before, deadline: Date.now() + LIMIT_MS, signal: limited })
      if (records.length > 0 || position !== before) {
        lastMs = Math.max(lastMs, clock.nowMs)
        const lines = records.map(encodeValue)
        kept.keep({ position, arrivalMs: lastMs, records: lines })
        if (lines.length > 0) yield { lines, arrivalMs: lastMs }
        if (lines.length >= receiver.limit) continue
      }
      if (untilEnd) return
    } catch (error) {
      refuseStopped(signal)
      // A run that is to end at the end has not got there.
      if (untilEnd) throw error
      warn(`warning: the receiver '${stream}' failed, and is asked again: ${(error as Error).message}`)
    }
    for (const dueMs = askedMs + receiver.everyMs; ;) {
      const restUntilMs = clock.nextEnd(Math.max(lastMs, clock.nowMs))
      await clock.until(Math.min(dueMs, restUntilMs), signal)
      refuseStopped(signal)
      if (dueMs < restUntilMs) break
      lastMs = restUntilMs
      yield { restUntilMs }
    }
  }
}
