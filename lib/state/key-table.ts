import { hashKey, type Key } from '../values/key.ts'
import { KeyIndex } from './key-index.ts'

/** Stands for the value of a row that was deleted. */
const DELETED: unique symbol = Symbol('no row')
/** Fewer deleted rows than this are not worth tidying up. */
const MIN_DELETED = 16

/** Keys with values, in the order in which they came: a KeyMap for those who have the keys' hashes (hashKey). That a key is not there is mostly known from one slot of an array, where a native Map looks at other keys. */
export class KeyTable implements Iterable<readonly [Key, unknown]> {
  #keys: Key[] = []
  #values: unknown[] = []
  #index = new KeyIndex(this.#keys)
  #deleted = 0

  get size(): number {
    return this.#keys.length - this.#deleted
  }

  /** Returns the row of a key, which may be deleted; -1: there is none. */
  find(key: Key, hash: number): number {
    return this.#index.find(this.#keys, key, hash)
  }

  /** Returns what find has found; undefined where that is nothing. */
  valueAt(row: number): unknown {
    const value = row < 0 ? undefined : this.#values[row]
    return value === DELETED ? undefined : value
  }

  get(key: Key, hash: number): unknown {
    return this.valueAt(this.find(key, hash))
  }

  has(key: Key, hash: number): boolean {
    const row = this.find(key, hash)
    return row >= 0 && this.#values[row] !== DELETED
  }

  set(key: Key, hash: number, value: unknown): void {
    this.setAt(this.find(key, hash), key, hash, value)
  }

  /** What set does, for who has found the row already. */
  setAt(row: number, key: Key, hash: number, value: unknown): void {
    if (row >= 0) {
      if (this.#values[row] === DELETED) this.#deleted--
      this.#values[row] = value
      return
    }
    this.#keys.push(key === 0 ? 0 : key) // -0 is the key 0
    this.#values.push(value)
    this.#index.add(this.#keys, hash)
  }

  delete(key: Key, hash: number): void {
    const row = this.find(key, hash)
    if (row < 0 || this.#values[row] === DELETED) return
    this.#values[row] = DELETED
    this.#deleted++
    if (this.#deleted > MIN_DELETED && this.#deleted > this.size) this.#tidy()
  }

  #tidy(): void {
    const [keys, values] = [this.#keys, this.#values]
    this.#keys = keys.filter((_, row) => values[row] !== DELETED)
    this.#values = values.filter((value) => value !== DELETED)
    this.#index = new KeyIndex(this.#keys)
    this.#deleted = 0
  }

  /** Returns one that does not change with this. */
  copy(): KeyTable {
    const copy = new KeyTable()
    for (const [key, value] of this) copy.setAt(-1, key, hashKey(key), value)
    return copy
  }

  *[Symbol.iterator](): Generator<readonly [Key, unknown], undefined> {
    const [keys, values] = [this.#keys, this.#values]
    for (let row = 0; row < keys.length; row++) if (values[row] !== DELETED) yield [keys[row] as Key, values[row]]
  }
}
