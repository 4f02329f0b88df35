import { MillraceError } from '../../values/errors.ts'
import type { EventSource } from '../source.ts'
import { parseKinesisEvent } from './event.ts'
import { comparePositions } from './position.ts'

/** By so much the stream's clock may be ahead of the functions': what arrived later than that after a log's newest entry is not in it. */
const OTHER_STREAM_MS = 60_000

/** Kinesis Data Streams: an event brings records of one shard, and names the first of them that was not consumed. */
export const kinesis: EventSource = {
  kind: 'kinesisStream',
  hasAncestors: true,
  comparePositions,
  arrivalOf: (record, nowMs) => Math.min(record.arrivalMs, nowMs),
  isBehind: ({ last, full }, { nowMs, waitMs }) => full || nowMs - last.arrivalMs > waitMs,
  refuseOther: (records, { stream, shard, n, at }) => {
    // An end that is known from a batch only does not say when it was written, and judges nothing.
    if (at === 0) return
    for (const { sequenceNumber, arrivalMs } of records) {
      if (arrivalMs > at + OTHER_STREAM_MS)
        throw new MillraceError(
          'BAD_EVENT',
          `record ${sequenceNumber} of ${stream}/${shard} lies before the end of its log (entry ${n}), but arrived at ${new Date(arrivalMs).toISOString()}, after that was written: the stream was made again under its name, or '${stream}' means another stream now. Nothing of it is taken: give the new stream another name in the program, or map '${stream}' to the stream that it was`,
        )
    }
  },
  takes: (event) => {
    const [first] = (event as { readonly Records?: readonly unknown[] } | null)?.Records ?? []
    return (first as { readonly eventSource?: unknown } | undefined)?.eventSource === 'aws:kinesis'
  },
  partitions: (event) => {
    const { streamArn, shard, records, full } = parseKinesisEvent(event)
    return records.length === 0 ? [] : [{ resource: streamArn, shard, records, full }]
  },
  answer: ([outcome]) => {
    if (outcome === undefined) return { batchItemFailures: [] }
    if (outcome.error !== undefined) throw outcome.error as Error
    const next = outcome.delivered.records[outcome.consumed]
    return { batchItemFailures: next === undefined ? [] : [{ itemIdentifier: next.sequenceNumber }] }
  },
}
