import { checkCombined } from '../dstream/check-function.ts'
import { checkPair } from '../dstream/check-pair.ts'
import type { Combiner, Push, Rows } from '../dstream/node.ts'
import { KeyMap } from '../values/key-map.ts'
import { assertKey, isKey, partitionOf, type Key } from '../values/key.ts'
import { sortByKey } from '../values/sort-by-key.ts'
import type { Exchange } from './plan.ts'

/** Where rows end up within a stage. */
export interface Sink {
  /** Rows must be pairs with a key. Checked before anything of a record takes effect. */
  readonly keyed: boolean
  /** Takes the first `count` of the rows; the array is reused. */
  add(rows: Rows, count: number): void
}

/** Throws unless the row is `[key, value]`. `where` names the operator that wants it. */
export function assertPair(row: unknown, where: string): asserts row is readonly [Key, unknown] {
  checkPair(row, where)
  const key: unknown = row[0]
  if (typeof key !== 'string') assertKey(key, where)
}

/** Returns the partition of a row of a `key` exchange. One without a key goes to the first: nobody looks for it by key. */
export function partitionOfRow(row: unknown, partitions: number): number {
  return Array.isArray(row) && row.length === 2 && isKey(row[0]) ? partitionOf(row[0], partitions) : 0
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
  readonly key: Key
  combined: unknown
  raw: unknown[] | undefined
}

/** Keeps the rows that one source writes to one exchange, combined per key where the reader allows. */
export class ExchangeSink implements Sink {
  readonly exchange: Exchange
  readonly keyed: boolean
  readonly #combiner: Combiner | undefined
  readonly #source: number
  readonly #cells: KeyMap<Cell> = new KeyMap<Cell>()
  /** Rows; of a combiner cells. */
  #kept: unknown[] = []

  /** `source`: the number of this shard or partition; rows of a `source` exchange go where it says. */
  constructor(exchange: Exchange, source: number) {
    this.exchange = exchange
    this.keyed = exchange.spread === 'key' && exchange.pairsOnly
    this.#combiner = exchange.combiner
    this.#source = source
  }

  add(rows: Rows, count: number): void {
    const combiner = this.#combiner
    if (combiner === undefined) {
      for (let i = 0; i < count; i++) this.#kept.push(rows[i])
      return
    }
    for (let i = 0; i < count; i++) {
      const row = rows[i] as readonly [Key, unknown]
      const cell = this.#cells.get(row[0])
      // Combining here only saves bytes: where the function throws, the values travel as they are and it is tried again behind the shuffle.
      try {
        if (cell?.raw !== undefined) cell.raw.push(row[1])
        else this.#combine(combiner, row, cell)
      } catch {
        if (cell === undefined) this.#put(row[0], undefined, [row[1]])
        else cell.raw = [row[1]]
      }
    }
  }

  /** Returns what takes one row after the other, at once; `where` names who wants them. Where it throws, the sink is of no more use. */
  open(where: string): Push {
    const combiner = this.#combiner
    if (combiner === undefined) {
      return (row) => {
        if (this.keyed) assertPair(row, where)
        this.#kept.push(row)
      }
    }
    const push = (row: unknown): void => {
      assertPair(row, where)
      this.#combine(combiner, row, this.#cells.get(row[0]))
    }
    const of =
      (make: (row: unknown) => unknown): Push =>
      (from) => {
        const row = make(from)
        assertPair(row, where)
        this.#combine(combiner, row, this.#cells.get(row[0]))
      }
    return Object.assign(push, { of })
  }

  #combine(combiner: Combiner, row: readonly [Key, unknown], cell: Cell | undefined): void {
    // No destructuring: it goes through the array's iterator.
    if (cell === undefined) this.#put(row[0], combiner.create(row[1]), undefined)
    else {
      const combined = combiner.mergeValue(cell.combined, row[1])
      if (combined === undefined || typeof combined === 'object') checkCombined(combined, combiner.operator)
      cell.combined = combined
    }
  }

  #put(key: Key, combined: unknown, raw: unknown[] | undefined): void {
    const cell: Cell = { key: key === 0 ? 0 : key, combined, raw } // -0 is the key 0
    this.#cells.set(key, cell)
    this.#kept.push(cell)
  }

  /** Returns the rows by partition, ascending, without empty ones; combined ones in the order of their keys. The sink is empty then. */
  drain(): readonly (readonly [partition: number, rows: Rows])[] {
    const rows = this.#combiner === undefined ? this.#kept : rowsOf(this.#kept as readonly Cell[])
    this.#kept = []
    this.#cells.clear()
    if (rows.length === 0) return []
    const { partitions, spread } = this.exchange
    if (partitions === 1) return [[0, rows]]
    if (spread === 'source') return [[this.#source % partitions, rows]]
    const parts: unknown[][] = Array.from({ length: partitions }, () => [])
    const partition = this.keyed
      ? (row: unknown): number => partitionOf((row as readonly [Key])[0], partitions)
      : spread === 'key'
        ? (row: unknown): number => partitionOfRow(row, partitions)
        : (_row: unknown, i: number): number => (this.#source + i) % partitions
    rows.forEach((row, i) => parts[partition(row, i)]?.push(row))
    return parts.flatMap((part, partition) => (part.length > 0 ? [[partition, part] as const] : []))
  }
}

/** In the order of the keys: alike ones side by side take a quarter less room, and behind the shuffle less is left to sort. */
function rowsOf(cells: readonly Cell[]): Rows {
  const rows: [key: Key, combined: unknown, raw?: unknown[]][] = []
  for (let i = 0; i < cells.length; i++) {
    const { key, combined, raw } = cells[i] as Cell
    if (combined !== undefined || raw === undefined) rows.push([key, combined])
    if (raw !== undefined) rows.push([key, undefined, raw])
  }
  return sortByKey(rows)
}
