import { MillraceError } from '../../values/errors.ts'
import { deaggregate, looksAggregated } from './deaggregate.ts'
import type { RawRecord } from '../../plan/compute.ts'

/** What is used of a Lambda event of Kinesis. */
export interface KinesisRecord {
  readonly kinesis: { readonly partitionKey: string; readonly sequenceNumber: string; readonly data: string; readonly approximateArrivalTimestamp: number }
  readonly eventID: string
  readonly eventSource: string
  readonly eventSourceARN: string
}

export interface KinesisEvent {
  readonly Records: readonly KinesisRecord[]
}

/** Records of one shard, aggregates taken apart. */
export interface ShardRecords {
  readonly streamArn: string
  readonly shard: string
  readonly records: readonly RawRecord[]
  /** Records as Kinesis counts them. */
  readonly delivered: number
  /** The event is as large as events get. */
  readonly full: boolean
}

/** Lambda's limits of one event: 10,000 records, 6 MB. What comes near is taken as full. */
const FULL_RECORDS = 10_000
const FULL_BYTES = 5_500_000
/** What a record takes in the event's JSON besides its data and its partition key (docs/performance.md). */
const RECORD_OVERHEAD_BYTES = 510

/** Returns the records of an event. Throws BAD_EVENT for anything that is not one shard's records. */
export function parseKinesisEvent(event: unknown): ShardRecords {
  const list = (event as { readonly Records?: unknown } | null)?.Records
  if (!Array.isArray(list)) throw bad(`an event without Records: ${JSON.stringify(event)?.slice(0, 200) ?? String(event)}`)
  const all = list as readonly (KinesisRecord | null | undefined)[]
  if (all.length === 0) return { streamArn: '', shard: '', records: [], delivered: 0, full: false }
  const [first] = all
  if (first?.eventSource !== 'aws:kinesis' || typeof first.eventID !== 'string' || typeof first.eventSourceARN !== 'string')
    throw bad(`an event of ${JSON.stringify(first?.eventSource ?? (first as { EventSource?: unknown } | null)?.EventSource ?? 'an unknown service')}`)
  const shard = first.eventID.slice(0, first.eventID.indexOf(':'))
  const shardMark = `${shard}:`
  const records: RawRecord[] = []
  let size = 0
  for (const one of all) {
    const { kinesis, eventID } = one ?? { kinesis: undefined, eventID: undefined }
    if (!isComplete(kinesis)) throw bad(`a record without data, sequence number, partition key or arrival time: ${String(eventID)}`)
    if (eventID?.startsWith(shardMark) !== true) throw bad(`records of two shards in one event: ${first.eventID} and ${String(eventID)}`)
    size += kinesis.data.length + kinesis.partitionKey.length + RECORD_OVERHEAD_BYTES
    const record: RawRecord = {
      data: kinesis.data,
      partitionKey: kinesis.partitionKey,
      sequenceNumber: kinesis.sequenceNumber,
      index: 0,
      arrivalMs: Math.round(kinesis.approximateArrivalTimestamp * 1000),
    }
    if (looksAggregated(kinesis.data)) for (const part of deaggregate(record)) records.push(part)
    else records.push(record)
  }
  const consumer = first.eventSourceARN.indexOf('/consumer/')
  return {
    streamArn: consumer < 0 ? first.eventSourceARN : first.eventSourceARN.slice(0, consumer),
    shard,
    records,
    delivered: all.length,
    full: all.length >= FULL_RECORDS || size > FULL_BYTES,
  }
}

/** A record without one of these would get a block time, or a position, that is none: nothing of it may be committed. */
function isComplete(kinesis: KinesisRecord['kinesis'] | undefined): kinesis is KinesisRecord['kinesis'] {
  return (
    typeof kinesis?.data === 'string' &&
    typeof kinesis.partitionKey === 'string' &&
    typeof kinesis.sequenceNumber === 'string' &&
    /^\d+$/.test(kinesis.sequenceNumber) &&
    Number.isFinite(kinesis.approximateArrivalTimestamp)
  )
}

/** Returns the stream's own name, the last part of its ARN. */
export function streamName(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1)
}

function bad(what: string): MillraceError {
  return new MillraceError(
    'BAD_EVENT',
    `the receive function got ${what}; it takes records of one shard from a Kinesis event source mapping: let nothing else invoke it`,
  )
}
