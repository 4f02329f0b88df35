import { describeValue } from '../describe-value.ts'
import type { Combiner, Rows } from '../dstream/node.ts'
import { MillraceError } from '../errors.ts'
import { KeyMap } from '../key-map.ts'
import { assertKey, partitionOf, type Key } from '../key.ts'
import type { Exchange } from './plan.ts'

/** Where rows end up within a stage. */
export interface Sink {
  /** Rows must be pairs with a key. Checked before anything of a record takes effect. */
  readonly keyed: boolean
  /** Takes the first `count` of the rows; the array is reused. */
  add(rows: Rows, count: number): void
}

/** Throws unless the row is `[key, value]`. `where` names the operator that wants it. */
export function assertPair(row: unknown, where: string): void {
  if (!Array.isArray(row) || row.length !== 2) {
    throw new MillraceError(
      'BAD_VALUE',
      `${where} takes pairs, but got ${describeValue(row)}: a row must be an array [key, value]; make pairs with mapToPair, flatMapToPair or keyBy`,
    )
  }
  const key: unknown = row[0]
  if (typeof key !== 'string') assertKey(key, where)
}

/** Keeps the rows of one input of a barrier or output. */
export class CollectSink implements Sink {
  readonly keyed: boolean
  readonly rows: unknown[] = []

  constructor(keyed: boolean) {
    this.keyed = keyed
  }

  add(rows: Rows, count: number): void {
    for (let i = 0; i < count; i++) this.rows.push(rows[i])
  }
}

/** What a key has come to: the combined value, and what could not be combined because the user's function threw. */
interface Cell {
  combined: unknown
  raw: unknown[] | undefined
}

/** Keeps the rows that one source writes to one exchange, combined per key where the reader allows. */
export class ExchangeSink implements Sink {
  readonly exchange: Exchange
  readonly keyed: boolean
  readonly #combiner: Combiner | undefined
  readonly #source: number
  #cells: KeyMap<Cell> = new KeyMap<Cell>()
  #rows: unknown[] = []

  /** `source`: the number of this shard or partition; rows of a `source` exchange go where it says. */
  constructor(exchange: Exchange, source: number) {
    this.exchange = exchange
    this.keyed = exchange.spread === 'key'
    this.#combiner = exchange.combiner
    this.#source = source
  }

  get empty(): boolean {
    return this.#rows.length === 0 && this.#cells.size === 0
  }

  add(rows: Rows, count: number): void {
    const combiner = this.#combiner
    if (combiner === undefined) {
      const kept = this.#rows
      for (let i = 0; i < count; i++) kept.push(rows[i])
      return
    }
    const cells = this.#cells
    for (let i = 0; i < count; i++) {
      // No destructuring: it goes through the array's iterator.
      const row = rows[i] as readonly [Key, unknown]
      const key = row[0]
      const value = row[1]
      const cell = cells.get(key)
      // Combining here only saves bytes: where the function throws, the values travel as they are and it is tried again behind the shuffle.
      try {
        if (cell === undefined) cells.set(key, { combined: combiner.create(value), raw: undefined })
        else if (cell.raw === undefined) cell.combined = combiner.mergeValue(cell.combined, value)
        else cell.raw.push(value)
      } catch {
        if (cell === undefined) cells.set(key, { combined: undefined, raw: [value] })
        else cell.raw = [value]
      }
    }
  }

  /** Returns the rows by partition, ascending, without empty ones; the sink is empty then. */
  drain(): readonly (readonly [partition: number, rows: Rows])[] {
    const rows = this.#rows
    for (const [key, cell] of this.#cells) {
      if (cell.combined !== undefined || cell.raw === undefined) rows.push([key, cell.combined])
      if (cell.raw !== undefined) rows.push([key, undefined, cell.raw])
    }
    this.#rows = []
    this.#cells = new KeyMap<Cell>()
    if (rows.length === 0) return []
    const { partitions, spread } = this.exchange
    if (partitions === 1) return [[0, rows]]
    if (spread === 'source') return [[this.#source % partitions, rows]]
    const parts: unknown[][] = Array.from({ length: partitions }, () => [])
    rows.forEach((row, i) => parts[spread === 'key' ? partitionOf((row as readonly [Key])[0], partitions) : (this.#source + i) % partitions]?.push(row))
    return parts.flatMap((part, partition) => (part.length > 0 ? [[partition, part] as const] : []))
  }
}
