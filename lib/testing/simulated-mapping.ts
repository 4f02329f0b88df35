import type { BatchResponse } from '../lambda/kinesis-handler.ts'
import { kinesisEventOf, recordBytes } from './kinesis-event-of.ts'
import type { Random } from './random.ts'
import type { SimulatedRecord, SimulatedShard, SimulatedStream } from './simulated-stream.ts'
import type { VirtualTime } from './virtual-time.ts'

/** How an invocation ended, as far as Lambda knows. */
export type Outcome = { readonly response: BatchResponse } | { readonly error: string }

export interface MappingOptions {
  readonly stream: SimulatedStream
  readonly time: VirtualTime
  readonly random: Random
  /** Calls the function. Resolves when it answers, throws or times out. */
  readonly invoke: (event: unknown) => Promise<Outcome>
  readonly batchSize?: number
  /** Records are gathered for this long at most: less where the batch is full, and at random. */
  readonly batchingWindowMs?: number
  /** Of the event's JSON. */
  readonly maxEventBytes?: number
  readonly bisect?: boolean
  /** Attempts after the first; Infinity as long as the record exists. */
  readonly maxRetries?: number
  readonly retryDelayMs?: number
  /** What Lambda itself gives up on. */
  readonly onFailure?: (shard: SimulatedShard, records: readonly SimulatedRecord[], reason: string) => void
  /** The probability that an acknowledgement is lost and records are delivered again from somewhere before. */
  readonly redelivery?: () => boolean
  /** Takes fewer records than are there, now and then. */
  readonly smallBatches?: () => number | undefined
}

interface Poller {
  readonly shard: SimulatedShard
  position: number
  busy: boolean
  /** Number of the timer that is to deliver; undefined: none runs. */
  timer: number | undefined
  finished: boolean
  attempts: number
  limit: number | undefined
}

/** An event source mapping of Kinesis, at its worst where it is told to be: one shard's records in order, at least once, children after their parents. */
export class SimulatedMapping {
  readonly #o: Required<Omit<MappingOptions, 'onFailure' | 'redelivery' | 'smallBatches'>> & MappingOptions
  readonly #pollers = new Map<SimulatedShard, Poller>()
  #timers = 0
  enabled = true

  constructor(options: MappingOptions) {
    this.#o = { batchSize: 10_000, batchingWindowMs: 1_000, maxEventBytes: 6_000_000, bisect: false, maxRetries: Infinity, retryDelayMs: 500, ...options }
  }

  /** Something is new in the stream: records, or shards. */
  kick(): void {
    for (const shard of this.#o.stream.shards) {
      if (!this.#pollers.has(shard))
        this.#pollers.set(shard, { shard, position: 0, busy: false, timer: undefined, finished: false, attempts: 0, limit: undefined })
      const poller = this.#pollers.get(shard)
      if (poller !== undefined) this.#schedule(poller)
    }
  }

  /** Everything is delivered again from the beginning: the mapping was deleted and created anew. */
  restart(): void {
    for (const poller of this.#pollers.values()) {
      poller.position = 0
      poller.finished = false
    }
    this.kick()
  }

  /** Whether all there is was delivered and acknowledged. */
  get idle(): boolean {
    return [...this.#pollers.values()].every((poller) => !poller.busy && poller.position >= poller.shard.records.length)
  }

  #schedule(poller: Poller): void {
    const full = this.#isFull(poller)
    if (!this.enabled || poller.busy || (poller.timer !== undefined && !full) || poller.finished) return
    if (!poller.shard.parents.every((parent) => this.#pollers.get(parent)?.finished === true)) return
    if (poller.position >= poller.shard.records.length) {
      if (!poller.shard.open) {
        poller.finished = true
        this.kick()
      }
      return
    }
    const timer = this.#timers++
    poller.timer = timer
    this.#o.time.after(full ? 0 : this.#o.random.span(0, this.#o.batchingWindowMs), () => {
      if (poller.timer !== timer) return
      poller.timer = undefined
      void this.#deliver(poller)
    })
  }

  /** Whether more waits than one event holds: then no window is waited for. */
  #isFull({ shard, position }: Poller): boolean {
    let size = 0
    for (let i = position; i < shard.records.length; i++) {
      const record = shard.records[i]
      size += record === undefined ? 0 : recordBytes(record)
      if (i + 1 - position >= this.#o.batchSize || size > this.#o.maxEventBytes) return true
    }
    return false
  }

  async #deliver(poller: Poller): Promise<void> {
    if (!this.enabled || poller.busy || poller.position >= poller.shard.records.length) return this.#schedule(poller)
    const { shard } = poller
    const batch = this.#batch(poller)
    if (batch.length === 0) {
      const tooLarge = shard.records.slice(poller.position, poller.position + 1)
      poller.position++
      this.#o.onFailure?.(shard, tooLarge, 'PayloadTooLarge')
      return this.#schedule(poller)
    }
    poller.busy = true
    const from = poller.position
    const outcome = await this.#o.invoke(kinesisEventOf(this.#o.stream.name, shard.id, batch))
    poller.busy = false
    const done = 'response' in outcome ? acknowledged(batch, outcome.response) : 0
    if (done > 0) poller.attempts = 0
    // A restart may have moved the position meanwhile; an acknowledgement never moves it backwards.
    if (poller.position === from) poller.position = from + done
    if (done === batch.length) {
      poller.limit = undefined
      if (this.#o.redelivery?.() === true) poller.position = this.#o.random.int(poller.position + 1)
      return this.#schedule(poller)
    }
    if (done === 0 && ++poller.attempts > this.#o.maxRetries) {
      poller.attempts = 0
      if (poller.position === from) poller.position = from + batch.length
      this.#o.onFailure?.(shard, batch, 'RetryAttemptsExhausted')
    } else if (this.#o.bisect && batch.length > 1) {
      poller.limit = Math.ceil(batch.length / 2)
    }
    this.#o.time.after(this.#o.retryDelayMs, () => this.#schedule(poller))
  }

  #batch({ shard, position, limit }: Poller): readonly SimulatedRecord[] {
    const most = Math.min(this.#o.batchSize, limit ?? Infinity, this.#o.smallBatches?.() ?? Infinity)
    const batch: SimulatedRecord[] = []
    let size = 0
    for (let i = position; i < shard.records.length && batch.length < most; i++) {
      const record = shard.records[i]
      if (record === undefined) break
      size += recordBytes(record)
      if (size > this.#o.maxEventBytes) break
      batch.push(record)
    }
    return batch
  }
}

/** Returns how many records of a batch a response acknowledges: all before the lowest sequence number it names. */
function acknowledged(batch: readonly SimulatedRecord[], response: BatchResponse | null | undefined): number {
  const failed = (response?.batchItemFailures ?? []).map(({ itemIdentifier }) => batch.findIndex((record) => record.sequenceNumber === itemIdentifier))
  if (failed.length === 0) return batch.length
  // A number that is not of this batch: Lambda takes it for complete failure.
  return failed.includes(-1) ? 0 : Math.min(...failed)
}
