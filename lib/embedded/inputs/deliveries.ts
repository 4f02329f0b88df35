import { shardId, shardOf } from '../../sources/kinesis/shard-of.ts'
import { kinesis } from '../../sources/kinesis/source.ts'
import type { Source } from '../../sources/source.ts'
import type { RawRecord } from '../../plan/compute.ts'
import { untilStopped } from '../stopped.ts'
import type { RecordSource, SourceRecord } from './record-source.ts'

// What an event source mapping hands over at once: BatchSize 10,000 records, and 6 MB of base64.
const MAX_RECORDS = 10_000
const MAX_BYTES = 4_500_000
/** Records older than about 10 s look like a backlog to receive. */
const MAX_WINDOW_MS = 5_000

/** What one invocation of receive gets. */
export interface Delivery {
  /** What its records stand for. */
  readonly source: Source
  readonly dueMs: number
  readonly stream: string
  readonly shard: string
  readonly records: readonly RawRecord[]
  readonly full: boolean
}

export interface DeliveryOptions {
  readonly intervalMs: number
  readonly shards: number
  /** @default 0 */
  readonly firstShard?: number
  /** Ends a wait for records with an error. */
  readonly signal?: AbortSignal | undefined
  readonly sources: readonly RecordSource[]
}

/**
 * The simulated event source mapping of a run without faults: records go to their shards by the MD5 of their partition key and are handed over at the end of
 * the window in which they arrived. Which records come together is a function of the records alone: a run that was killed makes the same invocations again,
 * so sums of fractions, whose last digit depends on the order of additions, come out the same.
 */
export class Deliveries {
  readonly #options: DeliveryOptions
  readonly #ready: Delivery[] = []
  #gathered = new Map<string, Gathered>()
  #windowEndMs = -Infinity
  #lastArrivalMs: number | undefined
  #restUntilMs = -Infinity
  #rested: RecordSource | undefined
  #started = false

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  /** When the last record arrived; undefined: there was none yet. */
  get lastArrivalMs(): number | undefined {
    return this.#lastArrivalMs
  }

  /** Whether it is known, without reading on, that nothing is due by then: a folder that is watched says so from time to time. */
  restsUntil(timeMs: number): boolean {
    return this.#ready.length === 0 && this.#gathered.size === 0 && timeMs <= this.#restUntilMs
  }

  /** Returns the delivery that is due first (without records: stream time goes on to it), undefined at the end of the input. Reads as far as it takes to know all of it. */
  async peek(): Promise<Delivery | undefined> {
    if (!this.#started) {
      this.#started = true
      for (const source of this.#options.sources) await this.#advance(source)
    }
    while (this.#ready.length === 0) {
      // Going on from a rest may take as long as it takes: not before somebody wants to know.
      const rested = this.#rested
      this.#rested = undefined
      if (rested !== undefined) await this.#advance(rested)
      const source = this.#first()
      const record = source?.head
      if (source === undefined || record === undefined) {
        this.#close()
        return this.#ready[0]
      }
      if (record.arrivalMs >= this.#windowEndMs) {
        this.#close()
        this.#windowEndMs = windowEnd(record.arrivalMs, this.#options.intervalMs)
      }
      if (record.data === undefined) {
        this.#rested = source
        this.#restUntilMs = record.arrivalMs
        this.#ready.push({ source: kinesis, dueMs: record.arrivalMs, stream: source.stream, shard: '', records: [], full: false })
        break
      }
      this.#gather(record)
      const reading = this.#advance(source)
      if (reading !== undefined) await reading
    }
    return this.#ready[0]
  }

  /** Takes the delivery that peek returned. */
  take(): void {
    this.#ready.shift()
  }

  #advance(source: RecordSource): Promise<void> | undefined {
    const reading = source.advance()
    const { signal } = this.#options
    return reading === undefined || signal === undefined ? reading : untilStopped(reading, signal)
  }

  #first(): RecordSource | undefined {
    let first: RecordSource | undefined
    for (const source of this.#options.sources) {
      if (source.head !== undefined && (first?.head === undefined || source.head.arrivalMs < first.head.arrivalMs)) first = source
    }
    return first
  }

  #gather(record: SourceRecord): void {
    const { stream, partitionKey, arrivalMs, index, data } = record
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs ?? arrivalMs, arrivalMs)
    const shard = shardId((this.#options.firstShard ?? 0) + shardOf(partitionKey, this.#options.shards))
    const name = `${stream}/${shard}`
    let group = this.#gathered.get(name)
    if (group !== undefined && group.bytes + data.length > MAX_BYTES) {
      this.#deliver(group, { dueMs: arrivalMs, full: true })
      group = undefined
    }
    if (group === undefined) this.#gathered.set(name, (group = { stream, shard, records: [], bytes: 0 }))
    // A line's number serves as its sequence number, so a dead letter says which line it was.
    group.records.push({ sequenceNumber: String(index + 1), index: 0, partitionKey, arrivalMs, data })
    group.bytes += data.length
    if (group.records.length === MAX_RECORDS) {
      this.#deliver(group, { dueMs: arrivalMs, full: true })
      this.#gathered.delete(name)
    }
  }

  #close(): void {
    for (const group of this.#gathered.values()) this.#deliver(group, { dueMs: this.#windowEndMs, full: false })
    this.#gathered = new Map()
  }

  #deliver(group: Gathered, { dueMs, full }: { readonly dueMs: number; readonly full: boolean }): void {
    this.#ready.push({ source: kinesis, dueMs, stream: group.stream, shard: group.shard, records: group.records, full })
  }
}

/** Windows begin with a batch and end with it at the latest: what is delivered by a batch's time is exactly what arrived before it. */
function windowEnd(arrivalMs: number, intervalMs: number): number {
  const beginMs = Math.floor(arrivalMs / intervalMs) * intervalMs
  const n = Math.floor((arrivalMs - beginMs) / MAX_WINDOW_MS) + 1
  return Math.min(beginMs + intervalMs, beginMs + n * MAX_WINDOW_MS)
}

interface Gathered {
  readonly stream: string
  readonly shard: string
  readonly records: RawRecord[]
  bytes: number
}
