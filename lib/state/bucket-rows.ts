import { decodePairs, encodePairs, keyColumn, lazyColumn, replaced, valuesOf, type Pairs } from '../codec/rows.ts'
import { MillraceError } from '../values/errors.ts'
import type { Key } from '../values/key.ts'
import { KeyIndex } from './key-index.ts'

/** A key's new value in a bucket; GONE: it has none any more. */
export interface RowChange {
  readonly key: Key
  readonly hash: number
  readonly value: unknown
}

/** Stands for the value of a deleted key. */
export const GONE: unique symbol = Symbol('deleted')

/** The rows of a bucket, in the columns in which they are stored, and an index of their keys. Never changes. A value is made when it is asked for; objects in it may be shared. */
export class BucketRows implements Iterable<readonly [Key, unknown]> {
  static readonly NONE: BucketRows = BucketRows.of([], [])
  readonly #pairs: Pairs
  readonly #index: KeyIndex

  private constructor(pairs: Pairs, index: KeyIndex) {
    this.#pairs = pairs
    this.#index = index
  }

  static of(keys: readonly Key[], values: readonly unknown[]): BucketRows {
    const pairs = { keys: keyColumn(keys), values: lazyColumn(values) }
    return new BucketRows(pairs, new KeyIndex(pairs.keys))
  }

  /** Returns the rows of encode's bytes. Throws CORRUPT_ENTRY. */
  static decode(bytes: Uint8Array): BucketRows {
    const pairs = decodePairs(bytes)
    try {
      return new BucketRows(pairs, new KeyIndex(pairs.keys))
    } catch (cause) {
      throw new MillraceError('CORRUPT_ENTRY', `${bytes.length} bytes of a bucket hold something that is no key: they are damaged`, { cause })
    }
  }

  get size(): number {
    return this.#pairs.keys.length
  }

  /** Whether rows take up objects of their own, and not just their place in a column. */
  get holdsObjects(): boolean {
    return this.#pairs.keys.holdsObjects || this.#pairs.values.holdsObjects
  }

  get(key: Key, hash: number): unknown {
    const { keys, values } = this.#pairs
    const row = this.#index.find(keys, key, hash)
    return row < 0 ? undefined : values.at(row)
  }

  has(key: Key, hash: number): boolean {
    return this.#index.find(this.#pairs.keys, key, hash) >= 0
  }

  *[Symbol.iterator](): Generator<readonly [Key, unknown], undefined> {
    const { keys, values } = this.#pairs
    for (let row = 0; row < keys.length; row++) yield [keys.at(row) as Key, values.at(row)]
  }

  encode(): Uint8Array {
    return encodePairs(this.#pairs)
  }

  /** Returns the rows with these changes, of different keys: new ones stand behind the others. What did not change is not made anew. */
  with(changes: readonly RowChange[]): BucketRows {
    if (changes.length === 0) return this
    const { keys, values } = this.#pairs
    const rows: number[] = []
    const puts: unknown[] = []
    const added: Key[] = []
    const gone = new Set<number>()
    for (const { key, hash, value } of changes) {
      const row = this.#index.find(keys, key, hash)
      if (value === GONE) {
        if (row >= 0) gone.add(row)
        continue
      }
      rows.push(row >= 0 ? row : keys.length + added.length)
      puts.push(value)
      if (row < 0) added.push(key)
    }
    const after = replaced(values, keys.length + added.length, rows, lazyColumn(puts))
    if (gone.size === 0 && added.length === 0) return new BucketRows({ keys, values: after }, this.#index)
    if (gone.size === 0) {
      const more = keyColumn([...valuesOf(keys), ...added])
      return new BucketRows({ keys: more, values: after }, new KeyIndex(more))
    }
    const left = Array.from({ length: after.length }, (_, row) => row).filter((row) => !gone.has(row))
    return BucketRows.of(
      left.map((row) => (row < keys.length ? (keys.at(row) as Key) : (added[row - keys.length] as Key))),
      left.map((row) => after.at(row)),
    )
  }
}
