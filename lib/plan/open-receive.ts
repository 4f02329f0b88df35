import { NOTHING } from '../decode/decoder.ts'
import { hashKey } from '../values/key.ts'
import type { OperatorContext, Push, Rows } from '../dstream/node.ts'
import { encodeRows } from '../codec/rows.ts'
import type { BlockDraft, DeadLetter, LoadedTables, RawRecord, ReceiveRun } from './compute.ts'
import { failedRecord, rowLetter } from './draft-letters.ts'
import { describeError } from '../values/describe-error.ts'
import { Chains, type ChainEnvironment } from './chains.ts'
import type { Exchange, Plan } from './plan.ts'
import { openDecoder, type OpenDecoder } from './open-decoder.ts'
import { ExchangeSink } from './sinks.ts'
import { UsedTables } from './used-tables.ts'
import { wiringOf } from './wiring.ts'

export interface ReceiveOptions {
  readonly tables: LoadedTables
  /** Takes it that nothing throws, which is faster: where something does, push throws it, and all records are to go through a run that is not optimistic. */
  readonly optimistic: boolean
}

/** Returns stage 0 for one invocation: records of one shard go in, blocks come out. */
export function openReceive(plan: Plan, stream: string, shard: string, options: ReceiveOptions): ReceiveRun {
  return new Receiver(plan, stream, shard, options)
}

/** A program's view of the stream; it may have several. */
interface Input {
  readonly uid: string
  readonly decoder: OpenDecoder
  readonly run: Push
}

class Receiver implements ReceiveRun {
  readonly #plan: Plan
  readonly #stream: string
  readonly #shard: string
  readonly #tables: UsedTables
  readonly #optimistic: boolean
  readonly #sinks = new Map<string, ExchangeSink>()
  readonly #inputs: readonly Input[]
  readonly #blocks: BlockDraft[] = []
  readonly #letters: DeadLetter[] = []
  #record: RawRecord | undefined
  /** Of the record, where its decoder makes several rows of it. */
  #row: number | undefined
  #time = 0
  #bytes = 0

  constructor(plan: Plan, stream: string, shard: string, { tables, optimistic }: ReceiveOptions) {
    this.#plan = plan
    this.#stream = stream
    this.#shard = shard
    this.#tables = new UsedTables(tables)
    this.#optimistic = optimistic
    const wiring = wiringOf(plan)
    const source = hashKey(`${stream}/${shard}`)
    const context = this.#context()
    const env: ChainEnvironment = {
      wiring,
      uid: (node) => plan.uids.get(node) ?? node.kind,
      context: () => context,
      overlay: () => undefined,
      collect: (edge) => {
        throw new Error(`stage 0 has no ${edge.node.kind}`)
      },
      write: (exchange) => {
        const sink = this.#sinks.get(exchange.uid) ?? new ExchangeSink(exchange, source)
        this.#sinks.set(exchange.uid, sink)
        return sink
      },
      failed: (_row, error, operator) => this.#letter(operator ?? stream, error),
    }
    const chains = new Chains(env, optimistic)
    this.#inputs = plan.inputs
      .filter((node) => node.stream === stream)
      .map((node) => ({ uid: env.uid(node), decoder: openDecoder(node.decoder, stream, shard), run: chains.open(wiring.after(node)) }))
  }

  get sizeBytes(): number {
    return this.#bytes
  }

  push(record: RawRecord, time: number): void {
    if (time !== this.#time) {
      this.#seal()
      this.#time = time
    }
    // Only letters ask for it; a young object in an old one costs the collector.
    if (!this.#optimistic) this.#record = record
    this.#bytes += record.data.length
    const inputs = this.#inputs
    for (let i = 0; i < inputs.length; i++) {
      const { uid, decoder, run } = inputs[i] as Input
      if (decoder.rows !== undefined) {
        this.#pushRows(uid, () => decoder.rows(record), run)
        continue
      }
      let value: unknown
      try {
        value = decoder.one(record)
      } catch (error) {
        this.#letter(uid, error)
        continue
      }
      if (value !== NOTHING) run(value)
    }
  }

  /** Rows of one record: they fail one by one. */
  #pushRows(uid: string, split: () => Iterable<() => unknown>, run: Push): void {
    let rows: Iterable<() => unknown> = []
    try {
      rows = split()
    } catch (error) {
      this.#letter(uid, error)
    }
    let number = 0
    for (const decode of rows) {
      this.#row = number++
      let value: unknown
      try {
        value = decode()
      } catch (error) {
        this.#letter(uid, error)
        continue
      }
      run(value)
    }
    this.#row = undefined
  }

  finish(): { readonly blocks: readonly BlockDraft[]; readonly deadLetters: readonly DeadLetter[]; readonly tables: Readonly<Record<string, string>> } {
    this.#seal()
    return { blocks: this.#blocks, deadLetters: this.#letters, tables: this.#tables.hashes() }
  }

  /** Turns what has come together for one block time into blocks. */
  #seal(): void {
    for (const sink of this.#sinks.values()) {
      for (const [partition, rows] of sink.drain()) {
        const block = encodeBlock(rows, (row, error) =>
          this.#letters.push(this.#checked(rowLetter(readerUid(this.#plan, sink.exchange), this.#time, row, error), error)),
        )
        if (block.rows > 0) this.#blocks.push({ time: this.#time, exchange: sink.exchange.uid, partition, ...block })
      }
    }
  }

  #letter(operator: string, error: unknown): void {
    if (this.#optimistic) throw error
    const { data: given, ...of } = this.#record as RawRecord
    const data = typeof given === 'string' ? Buffer.from(given, 'base64') : given
    const letter = {
      operator,
      time: this.#time,
      error: describeError(error),
      record: { stream: this.#stream, shard: this.#shard, ...of, ...(this.#row === undefined ? {} : { row: this.#row }), data },
    }
    this.#letters.push(this.#checked(letter, error))
  }

  #checked(letter: DeadLetter, error: unknown): DeadLetter {
    if (this.#plan.onError !== 'fail') return letter
    const what = letter.record === undefined ? 'a row' : `record ${letter.record.sequenceNumber}`
    throw failedRecord(letter, error, `${what} of ${this.#stream}/${this.#shard}`)
  }

  #context(): OperatorContext {
    const time = (): number => this.#time
    const context: Omit<OperatorContext, 'state' | 'Rdd' | 'deadLetter'> = {
      get time(): number {
        return time()
      },
      partition: 0,
      numPartitions: 1,
      intervalMs: this.#plan.intervalMs,
      table: (table) => this.#tables.get(table.name),
    }
    // The plan puts nothing into stage 0 that keeps state or sees a whole batch, and nobody else asks for these.
    return context as OperatorContext
  }
}

/** Who is named where a row cannot be sent: its first reader. */
export function readerUid({ uids }: Plan, { from, readers }: Exchange): string {
  const node = readers[0]?.node ?? from
  return uids.get(node) ?? node.kind
}

/** Returns the bytes of the rows; rows that no codec can hold go to `refuse` and are left out. */
export function encodeBlock(rows: Rows, refuse: (row: unknown, error: unknown) => void): { readonly rows: number; readonly data: Uint8Array } {
  try {
    return { rows: rows.length, data: encodeRows(rows) }
  } catch {
    const good = rows.filter((row) => {
      try {
        encodeRows([row])
        return true
      } catch (error) {
        refuse(row, error)
        return false
      }
    })
    return { rows: good.length, data: encodeRows(good) }
  }
}
