import { KeyMap } from '../key-map.ts'
import { compareKeys, type Key } from '../key.ts'
import type { GroupChanges, StateChanges } from './changes.ts'
import { RankedKeys } from './ranked-keys.ts'

export type Rank = (value: unknown) => number

/** Keys and values of one group, with its keys in order when somebody asks. */
export class Group {
  readonly map: KeyMap<unknown> = new KeyMap<unknown>()
  #sorted: readonly Key[] | undefined

  keysInOrder(): readonly Key[] {
    return (this.#sorted ??= Array.from(this.map, ([key]) => key).sort(compareKeys))
  }

  put(key: Key, value: unknown): void {
    if (this.#sorted !== undefined && !this.map.has(key)) this.#sorted = undefined
    this.map.set(key, value)
  }

  delete(key: Key): void {
    if (this.map.delete(key)) this.#sorted = undefined
  }
}

/** The committed state of one operator in one partition. */
export class OperatorTable {
  readonly groups: Map<number, Group> = new Map<number, Group>()
  readonly ranked: RankedKeys | undefined
  readonly #rank: Rank | undefined

  constructor(rank: Rank | undefined) {
    this.#rank = rank
    this.ranked = rank && new RankedKeys()
  }

  apply(changes: GroupChanges): void {
    const { group, dropped, deletes, puts } = changes
    if (dropped) {
      for (const [key] of (group === 0 && this.groups.get(0)?.map) || []) this.#forgetRank(key)
      this.groups.delete(group)
    }
    const target = this.groups.get(group) ?? new Group()
    for (const key of deletes) {
      if (group === 0) this.#forgetRank(key)
      target.delete(key)
    }
    for (const [key, value] of puts) {
      if (group === 0 && this.#rank !== undefined) {
        this.#forgetRank(key)
        this.ranked?.add(this.#rank(value), key)
      }
      target.put(key, value)
    }
    if (target.map.size > 0) this.groups.set(group, target)
    else this.groups.delete(group)
  }

  #forgetRank(key: Key): void {
    if (this.#rank === undefined) return
    const old = this.groups.get(0)?.map.get(key)
    if (old !== undefined) this.ranked?.remove(this.#rank(old), key)
  }
}

/**
 * The committed state of one partition of one stage. It changes in one way only: `apply`, with changes that the log is known to hold.
 * Operators never see it directly, but through an overlay (state-overlay.ts).
 */
export class PartitionState {
  readonly #tables = new Map<string, OperatorTable>()
  readonly #ranks: ReadonlyMap<string, Rank>

  private constructor(ranks: ReadonlyMap<string, Rank>) {
    this.#ranks = ranks
  }

  /** `ranks`: by operator uid, for operators that look for their oldest keys (Plan.ranks). */
  static empty(plan: { readonly ranks: ReadonlyMap<string, Rank> }): PartitionState {
    return new PartitionState(plan.ranks)
  }

  /** The tables in the order of their operators' uids. */
  tables(): readonly (readonly [operator: string, OperatorTable])[] {
    return [...this.#tables].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  table(operator: string): OperatorTable | undefined {
    return this.#tables.get(operator)
  }

  /** Keys in the main groups of all operators. */
  get keys(): number {
    let keys = 0
    for (const table of this.#tables.values()) keys += table.groups.get(0)?.map.size ?? 0
    return keys
  }

  /** Keys and rows in all groups: what the memory it takes follows. */
  get rows(): number {
    let rows = 0
    for (const table of this.#tables.values()) for (const group of table.groups.values()) rows += group.map.size
    return rows
  }

  apply(changes: StateChanges): void {
    for (const { operator, groups } of changes) {
      let table = this.#tables.get(operator)
      if (table === undefined) this.#tables.set(operator, (table = new OperatorTable(this.#ranks.get(operator))))
      for (const group of groups) table.apply(group)
      if (table.groups.size === 0) this.#tables.delete(operator)
    }
  }
}
