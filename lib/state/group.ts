import { compareKeys, hashKey, type Key } from '../values/key.ts'
import type { Bucket, Rank } from './bucket.ts'
import { GONE, type BucketRows } from './bucket-rows.ts'
import type { GroupChanges } from './changes.ts'
import { KeyTable } from './key-table.ts'
import { mergeKeys } from './merge-keys.ts'
import { NOT_LOADED } from './not-loaded.ts'
import { RankedKeys } from './ranked-keys.ts'

/** The 2 ** bits buckets of a group in a snapshot, in the order of the first bits of their keys' hashes. */
export interface Base {
  readonly bits: number
  readonly buckets: readonly Bucket[]
}

/** Returns which of 2 ** bits buckets a key with this hash is in. */
export function bucketIndex(hash: number, bits: number): number {
  return bits === 0 ? 0 : hash >>> (32 - bits)
}

/** A leastRank that finds buckets missing asks for so many at least, and for as many as it has looked at: the rounds stay few. */
const LOOK_AHEAD = 16

/** The committed keys and values of one group: the buckets of the last snapshot, and on top what has changed since. */
export class Group {
  /** Undefined: the snapshot has nothing of this group. */
  readonly base: Base | undefined
  /** What has changed since the snapshot; GONE: the key is deleted. */
  readonly changed: KeyTable = new KeyTable()
  readonly #rank: Rank | undefined
  readonly #missing: Set<Bucket>
  readonly #ranked: RankedKeys | undefined
  #size: number
  #byLeast: readonly Bucket[] | undefined
  #sorted: readonly Key[] | undefined
  /** Keys that may have come since `sorted` was made. */
  #fresh: Key[] = []
  #someGone = false

  /** `rank`: of groups that are asked for their oldest keys. `missing`: where buckets that must be loaded first are noted. */
  constructor(base: Base | undefined, rank: Rank | undefined, missing: Set<Bucket>) {
    this.base = base
    this.#rank = rank
    this.#missing = missing
    this.#ranked = rank && new RankedKeys()
    this.#size = (base?.buckets ?? []).reduce((sum, { place }) => sum + place.rows, 0)
  }

  get size(): number {
    return this.#size
  }

  /** `hash`: the key's hashKey. */
  get(key: Key, hash: number): unknown {
    const mine = this.changed.get(key, hash)
    if (mine !== undefined) return mine === GONE ? undefined : mine
    return this.base === undefined ? undefined : this.#rowsFor(this.base, hash).get(key, hash)
  }

  /** A value that is undefined counts as none: only windows hold such, and they never overwrite one. */
  has(key: Key, hash: number = hashKey(key)): boolean {
    return this.get(key, hash) !== undefined
  }

  #rowsFor({ bits, buckets }: Base, hash: number): BucketRows {
    const bucket = buckets[bucketIndex(hash, bits)] as Bucket
    const { rows } = bucket
    if (rows !== undefined) return rows
    this.#missing.add(bucket)
    throw NOT_LOADED
  }

  /** Returns whether the buckets of these keys (left out: all) are loaded; notes those that are not. */
  isLoaded(keys?: Iterable<Key>): boolean {
    const { base } = this
    let all = true
    const look = (bucket: Bucket | undefined): void => {
      if (bucket === undefined || bucket.isLoaded) return
      this.#missing.add(bucket)
      all = false
    }
    if (base === undefined) return true
    if (keys === undefined) base.buckets.forEach(look)
    else
      for (const key of keys) {
        const hash = hashKey(key)
        if (!this.changed.has(key, hash)) look(base.buckets[bucketIndex(hash, base.bits)])
      }
    return all
  }

  keysInOrder(): readonly Key[] {
    if (!this.isLoaded()) throw NOT_LOADED
    if (this.#sorted === undefined) this.#sorted = Array.from(this.entries(), ([key]) => key).sort(compareKeys)
    else {
      if (this.#someGone) this.#sorted = this.#sorted.filter((key) => this.has(key))
      if (this.#fresh.length > 0)
        this.#sorted = mergeKeys(
          this.#sorted,
          this.#fresh.filter((key) => this.has(key)),
        )
    }
    this.#fresh = []
    this.#someGone = false
    return this.#sorted
  }

  /** All keys with their values, in no particular order. */
  *entries(): Iterable<readonly [Key, unknown]> {
    if (!this.isLoaded()) throw NOT_LOADED
    for (const { rows } of this.base?.buckets ?? []) for (const pair of rows ?? []) if (!this.#isChanged(pair[0])) yield pair
    for (const pair of this.changed) if (pair[1] !== GONE) yield pair
  }

  /** Keys whose rank is below the limit, in no particular order. `without`: keys that do not count. */
  below(limit: number, without: (key: Key) => boolean): readonly Key[] {
    const rank = this.#rank
    if (rank === undefined) return []
    const old = this.#bucketsByLeast().filter(({ place }) => (place.least ?? -Infinity) < limit)
    const absent = old.filter(({ isLoaded }) => !isLoaded)
    for (const bucket of absent) this.#missing.add(bucket)
    if (absent.length > 0) throw NOT_LOADED
    const found = [...(this.#ranked?.below(limit) ?? [])].filter((key) => !without(key))
    for (const bucket of old) {
      for (const key of bucket.keysByRank(rank)) {
        if (rank(bucket.rows?.get(key, hashKey(key))) >= limit) break
        if (!this.#isChanged(key) && !without(key)) found.push(key)
      }
    }
    return found
  }

  /** The least rank; Infinity when there is none. */
  leastRank(without: (key: Key) => boolean): number {
    const rank = this.#rank
    if (rank === undefined) return Infinity
    let least = this.#ranked?.least(without) ?? Infinity
    let looked = 0
    let missed = 0
    for (const bucket of this.#bucketsByLeast()) {
      if ((bucket.place.least ?? -Infinity) >= least) break
      looked++
      if (!bucket.isLoaded) {
        this.#missing.add(bucket)
        if (++missed >= Math.max(LOOK_AHEAD, looked - missed)) break
        continue
      }
      for (const key of bucket.keysByRank(rank)) {
        if (this.#isChanged(key) || without(key)) continue
        least = Math.min(least, rank(bucket.rows?.get(key, hashKey(key))))
        break
      }
    }
    if (missed > 0) throw NOT_LOADED
    return least
  }

  #isChanged(key: Key): boolean {
    return this.changed.has(key, hashKey(key))
  }

  #bucketsByLeast(): readonly Bucket[] {
    this.#byLeast ??= [...(this.base?.buckets ?? [])]
      .filter(({ place }) => place.rows > 0)
      .sort((a, b) => (a.place.least ?? -Infinity) - (b.place.least ?? -Infinity))
    return this.#byLeast
  }

  /** Takes over what a batch has changed. */
  apply({ deletes, puts, size }: GroupChanges): void {
    const after = size ?? this.#count(deletes, puts)
    for (const key of deletes) {
      const hash = hashKey(key)
      this.#forgetRank(key, hash)
      if (this.base === undefined) this.changed.delete(key, hash)
      else this.changed.set(key, hash, GONE)
      this.#someGone = true
    }
    for (const [key, value] of puts) {
      const hash = hashKey(key)
      const row = this.changed.find(key, hash)
      const mine = this.changed.valueAt(row)
      if (this.#rank !== undefined) {
        this.#forgetValue(key, mine)
        this.#ranked?.add(this.#rank(value), key)
      }
      if (this.#sorted !== undefined && (mine === undefined ? !this.#isInBase(key, hash) : mine === GONE)) this.#fresh.push(key)
      this.changed.setAt(row, key, hash, value)
    }
    this.#size = after
  }

  /** False also where the bucket is not loaded. */
  #isInBase(key: Key, hash: number): boolean {
    const { base } = this
    return base?.buckets[bucketIndex(hash, base.bits)]?.rows?.has(key, hash) === true
  }

  /** Of changes that do not say how many keys there are then: only where everything is in `changed`. */
  #count(deletes: readonly Key[], puts: GroupChanges['puts']): number {
    let size = this.#size
    for (const key of deletes) if (this.has(key)) size--
    for (const [key] of puts) if (!this.has(key)) size++
    return size
  }

  #forgetRank(key: Key, hash: number): void {
    if (this.#rank !== undefined) this.#forgetValue(key, this.changed.get(key, hash))
  }

  #forgetValue(key: Key, old: unknown): void {
    if (this.#rank !== undefined && old !== undefined && old !== GONE) this.#ranked?.remove(this.#rank(old), key)
  }
}
