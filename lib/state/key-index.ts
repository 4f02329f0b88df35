import { TextColumn } from '../codec/rows.ts'
import { hashKey, type Key } from '../values/key.ts'

/** Where the keys are that an index finds. */
export interface KeyColumn {
  readonly length: number
  at(row: number): unknown
}

/** More rows than so many of 4 slots make the searches long. */
const FULL = 3
const MIN_BITS = 3
/** Fibonacci hashing: the hashes of one partition, or of one bucket, have bits in common. */
const SPREAD = 0x9e3779b1

/**
 * Finds rows by their keys: open addressing in one array of integers, 5 to 11 bytes per key, without an object for the collector to look at. A slot holds the row, and in the bits that are left
 * what its place does not say of the hash; so a key that is not there is mostly known from one slot, without reading any key.
 */
export class KeyIndex {
  #slots!: Int32Array
  #bits = 0

  /** Of the keys of the column, which are all different. `room`: for so many rows. */
  constructor(keys: KeyColumn, room: number = keys.length) {
    this.#fill(keys, keys.length, room)
  }

  /** Returns the row of the key; -1: it has none. `hash`: its hashKey. */
  find(keys: KeyColumn, key: Key, hash: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    const spread = Math.imul(hash, SPREAD)
    const tag = spread << this.#bits
    for (let i = spread >>> (32 - this.#bits); ; i = (i + 1) & mask) {
      const slot = slots[i] as number
      if (slot === 0) return -1
      if (((slot ^ tag) & ~mask) !== 0) continue
      const row = (slot & mask) - 1
      if (typeof key === 'string' && keys instanceof TextColumn ? keys.is(row, key) : isSame(keys.at(row) as Key, key)) return row
    }
  }

  /** Takes up the last row of the column, whose key it does not have yet. */
  add(keys: KeyColumn, hash: number): void {
    const rows = keys.length
    if (rows * 4 > this.#slots.length * FULL) this.#fill(keys, rows, 2 * rows)
    else this.#put(hash, rows - 1)
  }

  #fill(keys: KeyColumn, rows: number, room: number): void {
    this.#bits = Math.max(MIN_BITS, Math.ceil(Math.log2((room * 4 + 1) / FULL)))
    this.#slots = new Int32Array(2 ** this.#bits)
    for (let row = 0; row < rows; row++) this.#put(hashKey(keys.at(row) as Key), row)
  }

  #put(hash: number, row: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    const spread = Math.imul(hash, SPREAD)
    let i = spread >>> (32 - this.#bits)
    while (slots[i] !== 0) i = (i + 1) & mask
    slots[i] = (spread << this.#bits) | (row + 1)
  }
}

/** Whether they are the same key, as compareKeys has it: what is found has the same hash already. */
function isSame(a: Key, b: Key): boolean {
  if (a === b) return true
  if (typeof a === 'number') return Number.isNaN(a) && Number.isNaN(b)
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!isSame(a[i] as Key, b[i] as Key)) return false
  return true
}
