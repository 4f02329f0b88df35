import { encodeRows } from '../codec/rows.ts'
import { hashKey, type Key } from '../values/key.ts'
import type { Bucket, Rank } from './bucket.ts'
import { BucketRows, GONE, type RowChange } from './bucket-rows.ts'
import type { StateChanges } from './changes.ts'
import { bucketIndex, type Base } from './group.ts'
import { KeyTable } from './key-table.ts'
import type { PartitionState } from './partition-state.ts'

/** 65,536 buckets: a partition of some gigabytes. */
const MAX_BITS = 16
/** Rows that tell how large a row of a new group is. */
const SAMPLE_ROWS = 256

/** A group as the next snapshot will have it: `base`, with `changed` on top. Shares nothing that changes with the state. */
export interface NextGroup {
  readonly operator: string
  readonly group: number
  readonly size: number
  readonly base: Base | undefined
  readonly changed: KeyTable
  readonly rank: Rank | undefined
}

/** Returns the groups of the state with a batch's changes on top, those that hold anything, in their order. Synchronous: nothing can come in between. */
export function nextGroups(ranks: ReadonlyMap<string, Rank>, state: PartitionState, changes: StateChanges): readonly NextGroup[] {
  const operators = new Set([...state.tables().map(([operator]) => operator), ...changes.map((c) => c.operator)])
  return [...operators].sort().flatMap((operator) => {
    const on = new Map(changes.find((c) => c.operator === operator)?.groups.map((g) => [g.group, g]))
    const table = state.table(operator)
    const groups = [...new Set([...(table?.groups.keys() ?? []), ...on.keys()])].sort((a, b) => a - b)
    return groups.flatMap((group): NextGroup[] => {
      const mine = on.get(group)
      const held = mine?.dropped === true ? undefined : table?.groups.get(group)
      const changed = held?.changed.copy() ?? new KeyTable()
      for (const key of mine?.deletes ?? []) changed.set(key, hashKey(key), GONE)
      for (const [key, value] of mine?.puts ?? []) changed.set(key, hashKey(key), value)
      if (mine !== undefined && mine.size === undefined)
        throw new Error('only changes that this program has computed can go into a snapshot: they say how large the group is')
      const size = mine?.size ?? held?.size ?? 0
      return size > 0 ? [{ operator, group, size, base: held?.base, changed, rank: group === 0 ? ranks.get(operator) : undefined }] : []
    })
  })
}

/** A bucket that is to be written. */
export interface BucketDraft {
  readonly rows: BucketRows
  readonly least: number | null
}

/** Buckets that are to be written, made of `sources`, which must be loaded and are used up by it, and of what has changed. */
export interface Rewrite {
  readonly sources: readonly Bucket[]
  make(): readonly BucketDraft[]
}

/** The buckets of a group in their order: kept as they are, or made anew. */
export interface Layout {
  readonly bits: number
  readonly parts: readonly (Bucket | Rewrite)[]
}

/**
 * Returns what becomes of a group's buckets: what did not change stays where it is. The number of buckets follows the size of the group: it doubles when they get larger than `bucketBytes`,
 * and shrinks when they are less than a quarter of that. `wasteful`: objects that hold more dead buckets than living ones; what lives in them moves.
 */
export function layOut(next: NextGroup, bucketBytes: number, wasteful: ReadonlySet<string>): Layout {
  const { base, changed } = next
  const bits = bitsFor(next, bucketBytes)
  const common = base === undefined ? 0 : Math.min(bits, base.bits)
  const changes = new Map<number, RowChange[]>()
  for (const [key, value] of changed) {
    const hash = hashKey(key)
    const index = bucketIndex(hash, common)
    const some = changes.get(index)
    if (some === undefined) changes.set(index, [{ key, hash, value }])
    else some.push({ key, hash, value })
  }
  const parts = Array.from({ length: 2 ** common }, (_, index): Bucket | Rewrite => {
    const width = base === undefined ? 0 : 2 ** (base.bits - common)
    const sources = base?.buckets.slice(index * width, (index + 1) * width) ?? []
    const [only] = sources
    const mine = changes.get(index)
    if (base?.bits === bits && only !== undefined && mine === undefined && !wasteful.has(only.place.object.name)) return only
    return { sources, make: () => make(next.rank, { sources, changed: mine ?? [], bits, first: index * 2 ** (bits - common), common }) }
  })
  return { bits, parts }
}

function bitsFor({ base, changed, size }: NextGroup, bucketBytes: number): number {
  const rows = base?.buckets.reduce((sum, { place }) => sum + place.rows, 0) ?? 0
  const bytes = base?.buckets.reduce((sum, { place }) => sum + place.rawBytes, 0) ?? 0
  const rowBytes = rows > 0 ? bytes / rows : sampleBytes(changed)
  const wanted = Math.min(MAX_BITS, Math.max(0, Math.ceil(Math.log2((size * rowBytes) / bucketBytes))))
  if (base === undefined || wanted > base.bits || wanted < base.bits - 1) return wanted
  return base.bits
}

function sampleBytes(changed: KeyTable): number {
  const rows: unknown[] = []
  for (const [key, value] of changed) {
    if (value !== GONE) rows.push([key, value])
    if (rows.length === SAMPLE_ROWS) break
  }
  return encodeRows(rows).length / Math.max(1, rows.length)
}

interface Making {
  readonly sources: readonly Bucket[]
  readonly changed: readonly RowChange[]
  readonly bits: number
  /** Index of the first bucket that is made; they share the first `common` bits. */
  readonly first: number
  readonly common: number
}

function make(rank: Rank | undefined, { sources, changed, bits, first, common }: Making): readonly BucketDraft[] {
  const old = sources.map((bucket) => {
    const rows = bucket.take()
    if (rows === undefined) throw new Error('a bucket is not loaded')
    return rows
  })
  const [only] = old
  // Most often a bucket becomes one bucket: only what has changed is touched.
  const made = bits === common && old.length === 1 && only !== undefined ? [only.with(changed)] : divide(old, { changed, bits, first, common })
  return made.map((rows) => ({ rows, least: rank === undefined ? null : leastOf(rows, rank) }))
}

/** Returns the rows of several buckets, with the changes, as 2 ** (bits - common) buckets. */
function divide(old: readonly BucketRows[], { changed, bits, first, common }: Omit<Making, 'sources'>): readonly BucketRows[] {
  const made = Array.from({ length: 2 ** (bits - common) }, () => ({ keys: [] as Key[], values: [] as unknown[] }))
  const add = (key: Key, hash: number, value: unknown): void => {
    const to = made[bits === common ? 0 : bucketIndex(hash, bits) - first]
    to?.keys.push(key)
    to?.values.push(value)
  }
  const anew = new KeyTable()
  for (const { key, hash, value } of changed) anew.set(key, hash, value)
  for (const rows of old) {
    for (const [key, value] of rows) {
      const hash = hashKey(key)
      if (!anew.has(key, hash)) add(key, hash, value)
    }
  }
  for (const { key, hash, value } of changed) if (value !== GONE) add(key, hash, value)
  return made.map(({ keys, values }) => BucketRows.of(keys, values))
}

function leastOf(rows: BucketRows, rank: Rank): number {
  let least = Infinity
  for (const [, value] of rows) least = Math.min(least, rank(value))
  return least
}

/** Returns the names of the objects of which less than half is still in use. */
export function wastefulObjects(buckets: Iterable<Bucket>): ReadonlySet<string> {
  const objects = new Map<string, { readonly bytes: number; alive: number }>()
  for (const { place } of buckets) {
    if (place.rows === 0) continue
    const { name, bytes } = place.object
    const object = objects.get(name) ?? { bytes, alive: 0 }
    object.alive += place.length
    objects.set(name, object)
  }
  return new Set([...objects].flatMap(([name, { bytes, alive }]) => (alive * 2 < bytes ? [name] : [])))
}
