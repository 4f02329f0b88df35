import type { OperatorState } from '../dstream/node.ts'
import { compareKeys, hashKey, type Key } from '../values/key.ts'
import type { GroupChanges } from './changes.ts'
import type { Rank } from './bucket.ts'
import { GONE } from './bucket-rows.ts'
import { copyValue } from './copy-value.ts'
import type { Group } from './group.ts'
import { KeyTable } from './key-table.ts'
import { mergeKeys } from './merge-keys.ts'
import { NOT_LOADED } from './not-loaded.ts'
import type { OperatorTable } from './partition-state.ts'

/** What this computation did to one group. */
interface Draft {
  dropped: boolean
  /** Keys in it now, committed and new. */
  size: number
  readonly values: KeyTable
}

interface Undo {
  draft: Draft
  key: Key
  before: unknown
  size: number
}

/** The state an operator sees during one computation: reads fall through to what is committed, writes stay here. */
export class StateOverlay implements OperatorState {
  readonly #base: OperatorTable | undefined
  readonly #rank: Rank | undefined
  readonly #check: ((key: unknown, value: unknown) => void) | undefined
  readonly #drafts = new Map<number, Draft>()
  /** Writes since `mark`: the first `#undoCount`; the objects are used again and again. */
  readonly #undo: Undo[] = []
  #undoCount = 0
  #marked = false
  // Who puts a key has mostly just asked for it: its hash, and what a large state has of it, are kept.
  #lastKey: Key | undefined
  #lastHash = 0
  /** Undefined: that key was looked up in no group. */
  #lastGroup: Group | undefined
  #lastValue: unknown

  /** `check` throws for what cannot be stored; without it that shows when the changes are encoded. */
  constructor(base: OperatorTable | undefined, rank: Rank | undefined, check?: (key: unknown, value: unknown) => void) {
    this.#base = base
    this.#rank = rank
    this.#check = check
  }

  #committed(group: number): Group | undefined {
    return this.#drafts.get(group)?.dropped === true ? undefined : this.#base?.groups.get(group)
  }

  #draft(group: number): Draft {
    let draft = this.#drafts.get(group)
    if (draft === undefined) this.#drafts.set(group, (draft = { dropped: false, size: this.#base?.groups.get(group)?.size ?? 0, values: new KeyTable() }))
    return draft
  }

  #hash(key: Key): number {
    if (key !== this.#lastKey) {
      this.#lastHash = hashKey(key)
      this.#lastKey = key
      this.#lastGroup = undefined
    }
    return this.#lastHash
  }

  #peek(group: number, key: Key): unknown {
    const hash = this.#hash(key)
    const draft = this.#drafts.get(group)
    const mine = draft?.values.get(key, hash)
    if (mine !== undefined) return mine === GONE ? undefined : mine
    return draft?.dropped === true ? undefined : this.#inCommitted(this.#base?.groups.get(group), key, hash)
  }

  #inCommitted(group: Group | undefined, key: Key, hash: number): unknown {
    if (group === undefined) return undefined
    if (group === this.#lastGroup && key === this.#lastKey) return this.#lastValue
    const value = group.get(key, hash)
    this.#lastValue = value
    this.#lastGroup = group
    return value
  }

  #has(group: number, key: Key): boolean {
    return this.#peek(group, key) !== undefined
  }

  #set(group: number, key: Key, value: unknown): void {
    const hash = this.#hash(key)
    const draft = this.#draft(group)
    const row = draft.values.find(key, hash)
    const before = draft.values.valueAt(row)
    const had = before === undefined ? this.#inCommitted(draft.dropped ? undefined : this.#base?.groups.get(group), key, hash) !== undefined : before !== GONE
    if (this.#marked) this.#note(draft, key, before)
    draft.size += Number(value !== GONE) - Number(had)
    draft.values.setAt(row, key, hash, value)
  }

  #note(draft: Draft, key: Key, before: unknown): void {
    const undo = this.#undo[this.#undoCount]
    if (undo === undefined) this.#undo.push({ draft, key, before, size: draft.size })
    else {
      undo.draft = draft
      undo.key = key
      undo.before = before
      undo.size = draft.size
    }
    this.#undoCount++
  }

  get(group: number, key: unknown): unknown {
    return copyValue(this.#peek(group, key as Key))
  }

  put(group: number, key: unknown, value: unknown): void {
    this.#check?.(key, value)
    this.#set(group, key as Key, value)
  }

  delete(group: number, key: unknown): void {
    if (this.#has(group, key as Key)) this.#set(group, key as Key, GONE)
  }

  drop(group: number): void {
    this.#drafts.set(group, { dropped: true, size: 0, values: new KeyTable() })
  }

  groups(): readonly number[] {
    const all = new Set([...(this.#base?.groups.keys() ?? []), ...this.#drafts.keys()])
    return [...all].filter((group) => this.size(group) > 0).sort((a, b) => a - b)
  }

  size(group: number): number {
    return this.#drafts.get(group)?.size ?? this.#base?.groups.get(group)?.size ?? 0
  }

  *entries(group: number): Iterable<readonly [key: unknown, value: unknown]> {
    for (const key of this.#keysInOrder(group)) yield [key, this.get(group, key)]
  }

  #keysInOrder(group: number): readonly Key[] {
    const committed = this.#committed(group)
    const draft = this.#drafts.get(group)
    if (draft === undefined || draft.values.size === 0) return committed?.keysInOrder() ?? []
    const kept = committed?.keysInOrder().filter((key) => draft.values.get(key, hashKey(key)) !== GONE) ?? []
    const added: Key[] = []
    for (const [key, value] of draft.values) if (value !== GONE && committed?.has(key) !== true) added.push(key)
    return added.length === 0 ? kept : mergeKeys(kept, added)
  }

  needGroups(groups: readonly number[]): void {
    const loaded = groups.map((group) => this.#committed(group)?.isLoaded() ?? true)
    if (loaded.includes(false)) throw NOT_LOADED
  }

  needKeys(group: number, keys: Iterable<unknown>): void {
    if (this.#committed(group)?.isLoaded(keys as Iterable<Key>) === false) throw NOT_LOADED
  }

  below(limit: number): readonly unknown[] {
    const rank = this.#rank
    if (rank === undefined) return []
    const draft = this.#drafts.get(0)
    const found = (this.#committed(0)?.below(limit, (key) => draft?.values.has(key, hashKey(key)) === true) ?? []).map((key) => ({
      key,
      rank: rank(this.#peek(0, key)),
    }))
    for (const [key, value] of draft?.values ?? []) if (value !== GONE && rank(value) < limit) found.push({ key, rank: rank(value) })
    return found.sort((a, b) => a.rank - b.rank || compareKeys(a.key, b.key)).map(({ key }) => key)
  }

  leastRank(): number {
    const rank = this.#rank
    if (rank === undefined) return Infinity
    const draft = this.#drafts.get(0)
    let least = this.#committed(0)?.leastRank((key) => draft?.values.has(key, hashKey(key)) === true) ?? Infinity
    for (const [, value] of draft?.values ?? []) if (value !== GONE) least = Math.min(least, rank(value))
    return least
  }

  /** From here on writes can be undone. */
  mark(): void {
    this.#marked = true
    this.#undoCount = 0
  }

  /** Takes back what was put and deleted since `mark`: a record that throws has no effect at all. */
  rollback(): void {
    while (this.#undoCount > 0) {
      const { draft, key, before, size } = this.#undo[--this.#undoCount] as Undo
      const hash = hashKey(key)
      if (before === undefined) draft.values.delete(key, hash)
      else draft.values.set(key, hash, before)
      draft.size = size
    }
    this.#marked = false
  }

  /** Forgets everything: an operator that failed as a whole. */
  reset(): void {
    this.#drafts.clear()
    this.#undoCount = 0
    this.#marked = false
  }

  changes(): readonly GroupChanges[] {
    const changes: GroupChanges[] = []
    for (const [group, draft] of [...this.#drafts].sort(([a], [b]) => a - b)) {
      const base = this.#base?.groups.get(group)
      const dropped = draft.dropped && base !== undefined
      const deletes: Key[] = []
      const puts: (readonly [Key, unknown])[] = []
      for (const [key, value] of draft.values) {
        if (value !== GONE) puts.push([key, value])
        else if (!dropped && base?.has(key) === true) deletes.push(key)
      }
      if (dropped || deletes.length > 0 || puts.length > 0) changes.push({ group, dropped, deletes, puts, size: draft.size })
    }
    return changes
  }
}
