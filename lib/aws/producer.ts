import { randomUUID } from 'node:crypto'
import { DescribeStreamSummaryCommand, KinesisClient, PutRecordsCommand, ResourceNotFoundException } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'

/** What one PutRecords may hold: records, and bytes of data and partition keys (API reference of PutRecords, November 2026). */
const MAX_REQUEST_RECORDS = 500
const MAX_REQUEST_BYTES: number = 10 * 1024 * 1024
/** What an open shard takes in a second (same page). */
const SHARD_RECORDS_PER_SECOND = 1_000
const SHARD_BYTES_PER_SECOND = 1_000_000
/** A request holds what may be sent in this time: more would come to a shard at once, and be refused. */
const BURST_SECONDS = 0.5
/** What a record may hold where the stream does not say (MaxRecordSizeInKiB). */
const DEFAULT_RECORD_KIB = 1_024
/** Shards are looked up again after this time: an on-demand stream splits by itself. */
const LOOK_UP_MS = 60_000
/** After so many requests of which no record was taken, something is wrong that waiting does not mend; about 40 s. */
const MAX_FUTILE = 12
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000

/** A record to be put. */
export interface ProducerRecord {
  /** Text is put as UTF-8. */
  readonly data: Uint8Array | string
  /** 1 to 256 characters; records of one key go to one shard. Without it each record has its own. */
  readonly partitionKey?: string
}

export interface ProducerOptions {
  /** Name or ARN of the stream. */
  readonly stream: string
  /** Records a second at most. Without it as fast as the stream's open shards take them: 1,000 records and 1 MB a second each. */
  readonly recordsPerSecond?: number
  /** Made for HTTP/1.1 unless given. Regions, credentials and endpoints are the SDK's own affair. */
  readonly client?: KinesisClient
  /** How time passes; for tests. */
  readonly clock?: { now(): number; sleep(ms: number): Promise<void> }
}

/** What a producer has put so far. */
export interface ProducerReport {
  readonly records: number
  /** Of data and partition keys. */
  readonly bytes: number
  /** How often a record was refused and put again. */
  readonly retried: number
  /** Ids of the shards that took records. */
  readonly shards: readonly string[]
}

interface Entry {
  readonly Data: Uint8Array
  readonly PartitionKey: string
  readonly bytes: number
}

interface Limits {
  readonly atMs: number
  readonly recordsPerSecond: number
  readonly bytesPerSecond: number
  readonly maxRecordBytes: number
}

const CLOCK = { now: () => Date.now(), sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) }

/**
 * Puts records to a Kinesis stream, within the limits of PutRecords and of the stream's shards; what a shard refuses is put again. It needs
 * the rights kinesis:PutRecords and kinesis:DescribeStreamSummary, and the packages @aws-sdk/client-kinesis and @smithy/node-http-handler.
 *
 * PutRecords keeps no order among its records, and a request whose answer is lost is sent again by the SDK: its records are then in the stream twice.
 * @example
 * import { Producer } from 'millrace/aws'
 *
 * const producer = new Producer({ stream: 'lines' })
 * await producer.put([{ data: 'to be or not to be' }, { data: '{"user":"u1"}', partitionKey: 'u1' }])
 * console.log(producer.report.records, producer.report.retried)
 */
export class Producer {
  readonly #stream: string
  readonly #rate: number
  readonly #client: KinesisClient
  readonly #clock: { now(): number; sleep(ms: number): Promise<void> }
  readonly #shards = new Set<string>()
  #limits: Limits | undefined
  #queue: Promise<void> = Promise.resolve()
  #freeAtMs = -Infinity
  #records = 0
  #bytes = 0
  #retried = 0

  constructor({ stream, recordsPerSecond = Infinity, client, clock = CLOCK }: ProducerOptions) {
    if (!(recordsPerSecond > 0))
      throw new MillraceError('BAD_VALUE', `recordsPerSecond is ${recordsPerSecond}; it must be above 0, or left out for as fast as the stream takes them`)
    this.#stream = stream
    this.#rate = recordsPerSecond
    // The client's own choice is HTTP/2, whose sessions LocalStack closes under load; Kinesis takes both.
    this.#client = client ?? new KinesisClient({ maxAttempts: 5, requestHandler: new NodeHttpHandler({ connectionTimeout: 5_000, requestTimeout: 30_000 }) })
    this.#clock = clock
  }

  /** What has been put so far. */
  get report(): ProducerReport {
    return { records: this.#records, bytes: this.#bytes, retried: this.#retried, shards: [...this.#shards].sort() }
  }

  /** Puts records, after those of calls before, and returns when the stream has all of them. Throws LIMIT_EXCEEDED for a record that it cannot take; BAD_VALUE for partition keys that Kinesis refuses, when the other records have been put. */
  put(records: readonly ProducerRecord[]): Promise<void> {
    const done = this.#queue.then(() => this.#putAll(records))
    this.#queue = done.catch(() => {})
    return done
  }

  async #putAll(records: readonly ProducerRecord[]): Promise<void> {
    const refused = records.flatMap(({ partitionKey }, i) => (partitionKey === undefined || isPartitionKey(partitionKey) ? [] : [i]))
    const entries = records.filter((_, i) => !refused.includes(i)).map(entryOf)
    for (let at = 0; at < entries.length;) {
      const limits = await this.#look()
      const batch = this.#batchFrom(entries, at, limits)
      await this.#putBatch(batch, limits)
      at += batch.length
    }
    const [first] = refused
    if (first !== undefined)
      throw new MillraceError(
        'BAD_VALUE',
        `${refused.length === 1 ? 'a record has' : `${refused.length} records have`} no partition key that Kinesis takes (the first is record ${first + 1} of this put, with ${describeValue(records[first]?.partitionKey)}): it must have 1 to 256 characters; leave it out for one of its own. The ${entries.length} other records of this put are in the stream`,
      )
  }

  /** As many records as one request may hold; a large one goes alone. */
  #batchFrom(entries: readonly Entry[], from: number, { recordsPerSecond, bytesPerSecond, maxRecordBytes }: Limits): readonly Entry[] {
    const most = Math.min(MAX_REQUEST_RECORDS, Math.max(1, Math.floor(recordsPerSecond * BURST_SECONDS)))
    const mostBytes = Math.min(MAX_REQUEST_BYTES, bytesPerSecond * BURST_SECONDS)
    const batch: Entry[] = []
    let bytes = 0
    for (const entry of entries.slice(from, from + most)) {
      if (entry.bytes > maxRecordBytes)
        throw new MillraceError(
          'LIMIT_EXCEEDED',
          `record ${this.#records + batch.length + 1} has ${entry.bytes} bytes with its partition key; stream ${this.#stream} takes ${maxRecordBytes} at most (its MaxRecordSizeInKiB, 1,024 to 10,240): split the record, or raise the stream's limit. The ${this.#records} records before it are in the stream`,
        )
      if (batch.length > 0 && bytes + entry.bytes > mostBytes) break
      batch.push(entry)
      bytes += entry.bytes
    }
    return batch
  }

  async #putBatch(batch: readonly Entry[], limits: Limits): Promise<void> {
    let pending = batch
    for (let futile = 0; pending.length > 0;) {
      await this.#pace(pending, limits)
      const { Records = [] } = await this.#client.send(
        new PutRecordsCommand({ ...this.#target(), Records: pending.map(({ Data, PartitionKey }) => ({ Data, PartitionKey })) }),
      )
      const refused = pending.filter((_, i) => Records[i]?.SequenceNumber === undefined)
      for (const { ShardId } of Records) if (ShardId !== undefined) this.#shards.add(ShardId)
      this.#records += pending.length - refused.length
      this.#bytes += bytesOf(pending) - bytesOf(refused)
      if (refused.length === 0) return
      futile = refused.length === pending.length ? futile + 1 : 0
      if (futile === MAX_FUTILE) {
        const why = Records.find(({ ErrorCode }) => ErrorCode !== undefined)
        throw new MillraceError(
          'STORE_FAILED',
          `stream ${this.#stream} refused ${refused.length} ${refused.length === 1 ? 'record' : 'records'} ${MAX_FUTILE} times (${why?.ErrorCode}: ${why?.ErrorMessage}): others write to its shards, or many records have one partition key; add shards, spread the keys, or lower the rate. The ${this.#records} records before are in the stream`,
        )
      }
      this.#retried += refused.length
      await this.#clock.sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** futile))
      pending = refused
    }
  }

  /** Waits until these may be sent. */
  async #pace(pending: readonly Entry[], { recordsPerSecond, bytesPerSecond }: Limits): Promise<void> {
    const now = this.#clock.now()
    if (this.#freeAtMs > now) await this.#clock.sleep(this.#freeAtMs - now)
    this.#freeAtMs = Math.max(now, this.#freeAtMs) + 1000 * Math.max(pending.length / recordsPerSecond, bytesOf(pending) / bytesPerSecond)
  }

  async #look(): Promise<Limits> {
    const now = this.#clock.now()
    if (this.#limits !== undefined && now - this.#limits.atMs < LOOK_UP_MS) return this.#limits
    try {
      const { StreamDescriptionSummary: stream } = await this.#client.send(new DescribeStreamSummaryCommand(this.#target()))
      const shards = Math.max(1, stream?.OpenShardCount ?? 1)
      return (this.#limits = {
        atMs: now,
        recordsPerSecond: Math.min(this.#rate, shards * SHARD_RECORDS_PER_SECOND),
        bytesPerSecond: shards * SHARD_BYTES_PER_SECOND,
        maxRecordBytes: (stream?.MaxRecordSizeInKiB ?? DEFAULT_RECORD_KIB) * 1024,
      })
    } catch (cause) {
      if (!(cause instanceof ResourceNotFoundException)) throw cause
      throw new MillraceError(
        'USAGE',
        `there is no stream ${this.#stream} in ${await this.#client.config.region()}: name another stream, or the region or account that has it`,
        { cause },
      )
    }
  }

  #target(): { readonly StreamARN: string } | { readonly StreamName: string } {
    return this.#stream.startsWith('arn:') ? { StreamARN: this.#stream } : { StreamName: this.#stream }
  }
}

/** Kinesis counts Unicode code points. */
function isPartitionKey(key: string): boolean {
  return key.length > 0 && (key.length <= 256 || [...key].length <= 256)
}

function entryOf({ data, partitionKey = randomUUID() }: ProducerRecord): Entry {
  const Data = typeof data === 'string' ? Buffer.from(data) : data
  return { Data, PartitionKey: partitionKey, bytes: Data.length + Buffer.byteLength(partitionKey) }
}

function bytesOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0)
}
