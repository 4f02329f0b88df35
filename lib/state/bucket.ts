import { decompress } from '../codec/rows.ts'
import { MillraceError } from '../values/errors.ts'
import { compareKeys, type Key } from '../values/key.ts'
import { BucketRows } from './bucket-rows.ts'

export type Rank = (value: unknown) => number

/** An object that holds buckets side by side. */
export interface StateObject {
  readonly name: string
  /** Of all buckets that were written to it, dead ones too. */
  readonly bytes: number
}

/** Where a bucket is stored, and what is known of it without reading it. */
export interface BucketPlace {
  readonly object: StateObject
  readonly offset: number
  /** Stored bytes, compressed. */
  readonly length: number
  /** Bytes before compression. */
  readonly rawBytes: number
  readonly rows: number
  /** The least rank of its values; null: not ranked when it was written. */
  readonly least: number | null
}

/** Heap that a row takes up besides its bytes once its key and its value are made: a slot of a map or an array, the key, the value. */
export const ROW_HEAP_BYTES = 120
/** The same while it is a part of columns: a slot of the index, and a text if the value has one. Measured: npm run bench -- size:memory. */
const COLUMN_ROW_BYTES = 40

/** Rows of one group whose keys' hashes begin with the same bits: the unit in which a snapshot is stored, read and rewritten. Its content never changes. */
export class Bucket {
  readonly place: BucketPlace
  /** Read since the cache last looked: what is used stays. */
  used = false
  #rows: BucketRows | undefined
  #packed: Uint8Array | undefined
  #byRank: readonly Key[] | undefined

  constructor(place: BucketPlace, rows?: BucketRows) {
    this.place = place
    // Nothing is stored of an empty one.
    this.#rows = place.rows === 0 ? BucketRows.NONE : rows
  }

  /** Its rows; undefined: they are to be loaded first. */
  get rows(): BucketRows | undefined {
    this.used = true
    return this.#rows
  }

  get isLoaded(): boolean {
    return this.#rows !== undefined
  }

  get isInMemory(): boolean {
    return this.#rows !== undefined || this.#packed !== undefined
  }

  /** Estimated bytes of memory that it takes up now. */
  get memoryBytes(): number {
    if (this.#rows === undefined) return this.#packed?.length ?? 0
    return this.#rows.holdsObjects ? this.loadedBytes : this.place.rawBytes + this.place.rows * COLUMN_ROW_BYTES
  }

  /** Estimated bytes of memory that it takes up when it is loaded, and all of its rows are looked at. */
  get loadedBytes(): number {
    return this.place.rawBytes + this.place.rows * ROW_HEAP_BYTES
  }

  /** Keeps the bytes of its place until somebody touches it. */
  hold(packed: Uint8Array): void {
    if (this.#rows === undefined) this.#packed = packed
  }

  /** Turns the bytes it holds into rows. */
  unpack(): void {
    if (this.#packed === undefined || this.#rows !== undefined) return
    const { object, offset, rows } = this.place
    const decoded = BucketRows.decode(decompress(this.#packed))
    if (decoded.size !== rows)
      throw new MillraceError(
        'CORRUPT_ENTRY',
        `the bucket at ${offset} of ${object.name} holds ${decoded.size} rows and its snapshot says ${rows}: it is damaged; restore the object`,
      )
    this.#rows = decoded
    this.#packed = undefined
  }

  /** Hands over its rows, to be changed, and forgets them. */
  take(): BucketRows | undefined {
    const rows = this.#rows
    this.release()
    return rows
  }

  /** Forgets its content; it can be read again. */
  release(): void {
    this.#rows = this.place.rows > 0 ? undefined : BucketRows.NONE
    this.#packed = undefined
    this.#byRank = undefined
  }

  /** Its keys by rank, then by key. Only when it is loaded. */
  keysByRank(rank: Rank): readonly Key[] {
    const rows = this.rows
    if (rows === undefined) return []
    this.#byRank ??= Array.from(rows, ([key, value]) => ({ key, rank: rank(value) }))
      .sort((a, b) => a.rank - b.rank || compareKeys(a.key, b.key))
      .map(({ key }) => key)
    return this.#byRank
  }
}
