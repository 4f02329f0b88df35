// Not reachable yet: no method of StreamingContext makes a Kafka stream, and tombstones, keys and headers are not handed to decoders (docs/sources.md says what there is).
import type { RawRecord } from '../../plan/compute.ts'
import { MillraceError } from '../../values/errors.ts'
import type { Delivered, EventSource } from '../source.ts'

/** What is used of a record in a Lambda event of Kafka, self-managed or MSK. */
interface KafkaRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  /** base64 */
  readonly key?: string | null
  readonly value?: string | null
}

interface KafkaEvent {
  readonly eventSource: 'SelfManagedKafka' | 'aws:kafka'
  readonly eventSourceArn?: string
  readonly bootstrapServers?: string
  readonly records: Readonly<Record<string, readonly KafkaRecord[]>>
}

export interface KafkaOptions {
  /** Whether the mapping reports partial failures: AWS has that in provisioned mode only. Elsewhere an answer is not read, and only an error brings records again. */
  readonly partial: boolean
  /** A record counts as arrived at most so long ago, ms: a compacted topic has records of years. @default 7 days */
  readonly oldestMs?: number
}

const WEEK_MS = 7 * 86_400_000
/** Lambda's limit of one event. */
const FULL_RECORDS = 10_000

/** Apache Kafka: an event brings records of several partitions of one topic; a position is an offset, with gaps (compaction, transactions). */
export function kafka({ partial, oldestMs = WEEK_MS }: KafkaOptions): EventSource {
  return {
    kind: 'kafkaStream',
    logged: 'kafka',
    hasAncestors: false,
    comparePositions: (a, b) => Number(a.sequenceNumber) - Number(b.sequenceNumber) || a.index - b.index,
    // Producers' clocks: none (-1), in seconds, or of years ago.
    arrivalOf: ({ arrivalMs }, nowMs) => (arrivalMs <= 0 ? nowMs : Math.min(Math.max(arrivalMs, nowMs - oldestMs), nowMs)),
    // An old timestamp is no sign of a backlog.
    isBehind: ({ full }) => full,
    carry: (records, before) => Math.max(Number(before ?? 0), ...records.map(({ arrivalMs }) => arrivalMs)),
    refuseOther: (records, { stream, shard, n, carry }) => {
      // Every true duplicate was among the records whose greatest timestamp this is. "After the newest commit" would stop at a producer whose clock runs ahead.
      const other = typeof carry === 'number' ? records.find(({ arrivalMs }) => arrivalMs > carry) : undefined
      if (other === undefined) return
      throw new MillraceError(
        'BAD_EVENT',
        `offset ${other.sequenceNumber} of ${stream}/${shard} lies before the end of its log (entry ${n}), but its timestamp, ${new Date(other.arrivalMs).toISOString()}, is later than all that the log holds: the topic was made again under its name. Nothing of it is taken: give the new topic another input name in the program`,
      )
    },
    takes: isKafkaEvent,
    partitions: partitionsOf,
    answer: (outcomes) => {
      const failed = outcomes.find(({ error }) => error !== undefined)
      // An error is what an alarm sees; the other partitions come again with it, and meet their fences.
      if (failed !== undefined) throw failed.error as Error
      const left = outcomes.flatMap(({ delivered, consumed }) => {
        const next = delivered.records[consumed]
        return next === undefined ? [] : [{ itemIdentifier: { partition: delivered.shard, offset: Number(next.sequenceNumber) } }]
      })
      if (left.length > 0 && !partial)
        throw new MillraceError(
          'UNFINISHED',
          `there was no time for all of the event (${left.length} partitions have more): it is delivered again, and what is taken already is not taken twice`,
        )
      return { batchItemFailures: left }
    },
  }
}

function isKafkaEvent(event: unknown): event is KafkaEvent {
  const source = (event as Partial<KafkaEvent> | null | undefined)?.eventSource
  return source === 'SelfManagedKafka' || source === 'aws:kafka'
}

function partitionsOf(event: unknown): readonly Delivered[] {
  if (!isKafkaEvent(event) || typeof event.records !== 'object')
    throw bad(`an event that is none of Kafka: ${JSON.stringify(event)?.slice(0, 200) ?? String(event)}`)
  const cluster = event.eventSourceArn ?? event.bootstrapServers ?? ''
  const all = Object.values(event.records).filter((records) => records.length > 0)
  const full = all.reduce((sum, { length }) => sum + length, 0) >= FULL_RECORDS
  return all.map((records): Delivered => {
    const [first] = records
    if (first === undefined) throw bad('a partition without records')
    const shard = `${first.topic}-${first.partition}`
    return { resource: `${cluster}/${first.topic}`, shard, records: records.map((record) => rawRecord(record, shard)), full }
  })
}

function rawRecord({ topic, partition, offset, timestamp, key, value }: KafkaRecord, shard: string): RawRecord {
  if (`${topic}-${partition}` !== shard) throw bad(`records of ${topic}-${partition} among those of ${shard}`)
  if (!Number.isSafeInteger(offset) || offset < 0 || typeof timestamp !== 'number') throw bad(`a record of ${shard} without offset or timestamp`)
  return { data: value ?? '', partitionKey: key ?? '', sequenceNumber: String(offset), index: 0, arrivalMs: timestamp }
}

function bad(what: string): MillraceError {
  return new MillraceError('BAD_EVENT', `the receive function got ${what}; it takes records from a Kafka event source mapping: let nothing else invoke it`)
}
