import type { RawRecord } from '../plan/compute.ts'
import type { Position } from '../runtime/entries/entry.ts'

/** Records of one input partition, in order, as an event brings them. */
export interface Delivered {
  /** What the partition's resource is called outside: an ARN, or a topic's name. The handler knows the program's name of it. */
  readonly resource: string
  /** The input partition within its stream: a shard, or `<topic>-<partition>`. */
  readonly shard: string
  readonly records: readonly RawRecord[]
  /** The event is as large as events get, so more is waiting. */
  readonly full: boolean
}

/** How far one of an event's input partitions came. */
export interface Outcome {
  readonly delivered: Delivered
  /** Records that an entry holds now; the rest is to be delivered again. */
  readonly consumed: number
  /** Why nothing more was consumed, where something was thrown. */
  readonly error?: unknown
}

/** What Lambda is told: what is named (of a Kinesis shard or a Kafka partition: and all after it) is delivered again. */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string | { readonly partition: string; readonly offset: number } }[]
}

/** An input partition, and what its log says of its end. */
export interface LogEnd {
  readonly stream: string
  readonly shard: string
  /** Number of the newest entry, and when it was committed; 0: known from a batch only, which does not say. */
  readonly n: number
  readonly at: number
  /** What `carry` made of the records up to there. */
  readonly carry: unknown
}

/** What receive must know of a kind of source: one folder in lib/sources for each. */
export interface Source {
  /** The method of StreamingContext that makes its streams, such as `kinesisStream`. */
  readonly kind: string
  /** How the input log names it; left out: as it named Kinesis before it named sources. */
  readonly logged?: string
  /** Whether its input partitions split and merge, so that who registers one asks from which it came. */
  readonly hasAncestors: boolean
  /** Orders positions of one input partition: negative when `a` comes first. */
  comparePositions(a: Position, b: Position): number
  /** When a record arrived, epoch ms, not after `nowMs`. Whoever asks takes the running maximum. */
  arrivalOf(record: RawRecord, nowMs: number): number
  /** Whether more seems to be waiting behind the last record of a delivery. A guess: an event does not say so. `waitMs`: what a record waits for at most when nothing does. */
  isBehind(delivered: { readonly last: RawRecord; readonly full: boolean }, times: { readonly nowMs: number; readonly waitMs: number }): boolean
  /** Throws where records that lie before the log's end are no redelivery: their source was made again under its name. Taken for duplicates they would be dropped without a word. */
  refuseOther(records: readonly RawRecord[], end: LogEnd): void
  /** Returns what the source must know of all records up to an entry besides the last position, to be kept in it (any value of the codec); left out: nothing. */
  carry?(records: readonly RawRecord[], before: unknown): unknown
}

/** A source whose event source mapping calls the receive function with records. Its contract suite is test/sources/contract.ts. */
export interface EventSource extends Source {
  /** Whether an event of a function comes from it. */
  takes(event: unknown): boolean
  /** Returns the input partitions of an event. Throws BAD_EVENT for what is none of this source. */
  partitions(event: unknown): readonly Delivered[]
  /** Returns the answer to an event. Throws where a part of it failed and only an error brings it again. */
  answer(outcomes: readonly Outcome[]): BatchResponse
}
