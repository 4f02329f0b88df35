import { encodeValue } from '../../codec/rows.ts'
import type { Rows } from '../../dstream/node.ts'
import type { RecordRule } from './record-rule.ts'

/** Records that were read together (`arrivalMs`: that arrive then, whatever the rule says); or the news that none arrives before a time. */
export type Chunk = readonly Uint8Array[] | { readonly lines: readonly Uint8Array[]; readonly arrivalMs: number } | { readonly restUntilMs: number }

/** Nothing arrives before that time: stream time may go on to it. */
export interface Rest {
  readonly arrivalMs: number
  readonly data: undefined
}

/** One record on its way to a shard. */
export interface SourceRecord {
  readonly stream: string
  /** In its stream, from 0. */
  readonly index: number
  readonly data: Uint8Array
  readonly partitionKey: string
  readonly arrivalMs: number
}

/** Records of one stream in the order of their arrival, read ahead a chunk at a time. */
export class RecordSource {
  readonly stream: string
  readonly #chunks: AsyncIterator<Chunk>
  readonly #rule: RecordRule
  #lines: readonly Uint8Array[] = []
  #arrivalMs: number | undefined
  #at = 0
  #index = 0
  #head: SourceRecord | Rest | undefined

  /** `firstIndex`: number of the first record that is read. */
  constructor(stream: string, chunks: AsyncIterable<Chunk>, rule: RecordRule, firstIndex = 0) {
    this.stream = stream
    this.#index = firstIndex
    this.#chunks = chunks[Symbol.asyncIterator]()
    this.#rule = rule
  }

  /** The next record; undefined: before the first `advance`, or at the end. */
  get head(): SourceRecord | Rest | undefined {
    return this.#head
  }

  /** Time of the data at a stream time, where a field says it. */
  dataTime(streamMs: number): number | undefined {
    return this.#rule.dataTime(streamMs)
  }

  /** Goes on to the next record. A promise only where something must be read. */
  advance(): Promise<void> | undefined {
    for (;;) {
      const data = this.#lines[this.#at]
      if (data === undefined) return this.#read()
      this.#at++
      const index = this.#index++
      const arrival = this.#rule.describe(data, index)
      if (arrival === undefined) continue // the rule drops it
      const { partitionKey, arrivalMs } = arrival
      this.#head = { stream: this.stream, index, data, partitionKey, arrivalMs: this.#arrivalMs ?? arrivalMs }
      return undefined
    }
  }

  /** Reads to the end, for the sake of whoever keeps what is read. */
  async readOut(): Promise<void> {
    while ((await this.#chunks.next()).done !== true);
  }

  async #read(): Promise<void> {
    this.#at = 0
    do {
      const next = await this.#chunks.next()
      if (next.done === true) {
        this.#lines = []
        this.#head = undefined
        return
      }
      if ('restUntilMs' in next.value) {
        this.#lines = []
        this.#head = { arrivalMs: next.value.restUntilMs, data: undefined }
        return
      }
      this.#lines = 'lines' in next.value ? next.value.lines : next.value
      this.#arrivalMs = 'lines' in next.value ? next.value.arrivalMs : undefined
    } while (this.#lines.length === 0)
    await this.advance()
  }
}

/** Returns the source of a queueStream: element i arrives at the beginning of batch i + 1, the first at the start. All of it goes to one shard, so its order stays. */
export function queueSource(stream: string, queue: readonly Rows[], options: { readonly startMs: number; readonly intervalMs: number }): RecordSource {
  const { startMs, intervalMs } = options
  const firstMs = Math.floor(startMs / intervalMs) * intervalMs
  const batchOf = queue.flatMap((rows, batch) => rows.map(() => batch))
  const chunks = async function* (): AsyncGenerator<readonly Uint8Array[]> {
    for (const rows of queue) yield rows.map(encodeValue)
  }
  return new RecordSource(stream, chunks(), {
    dataTime: () => undefined,
    describe: (_line, index) => ({ partitionKey: stream, arrivalMs: Math.max(startMs, firstMs + (batchOf[index] ?? 0) * intervalMs) }),
  })
}
