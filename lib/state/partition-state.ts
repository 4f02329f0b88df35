import type { Bucket, Rank } from './bucket.ts'
import type { GroupChanges, StateChanges } from './changes.ts'
import { Group, type Base } from './group.ts'

/** A group as a snapshot has it. */
export interface BaseGroup extends Base {
  readonly operator: string
  readonly group: number
}

/** The committed state of one operator in one partition. */
export class OperatorTable {
  readonly groups: Map<number, Group> = new Map<number, Group>()
  readonly #rank: Rank | undefined
  readonly #missing: Set<Bucket>

  constructor(rank: Rank | undefined, missing: Set<Bucket>) {
    this.#rank = rank
    this.#missing = missing
  }

  add(group: number, base: Base): void {
    this.groups.set(group, this.#make(group, base))
  }

  apply(changes: GroupChanges): void {
    const { group, dropped } = changes
    if (dropped) this.groups.delete(group)
    const target = this.groups.get(group) ?? this.#make(group, undefined)
    target.apply(changes)
    if (target.size > 0) this.groups.set(group, target)
    else this.groups.delete(group)
  }

  #make(group: number, base: Base | undefined): Group {
    return new Group(base, group === 0 ? this.#rank : undefined, this.#missing)
  }
}

/**
 * The committed state of one partition of one stage: a snapshot whose buckets are loaded when they are needed, and the changes of the entries since.
 * It changes in one way only: `apply`, with changes that the log is known to hold. Operators never see it directly, but through an overlay (state-overlay.ts).
 */
export class PartitionState {
  /** Buckets that somebody wanted to read and that must be loaded first. */
  readonly missing: Set<Bucket> = new Set<Bucket>()
  /** Names of the objects that hold the buckets of the snapshot beneath, whatever was dropped since. */
  readonly objects: ReadonlySet<string>
  readonly #tables = new Map<string, OperatorTable>()
  readonly #ranks: ReadonlyMap<string, Rank>

  private constructor(ranks: ReadonlyMap<string, Rank>, objects: ReadonlySet<string>) {
    this.#ranks = ranks
    this.objects = objects
  }

  /** `ranks`: by operator uid, for operators that look for their oldest keys (Plan.ranks). */
  static empty(plan: { readonly ranks: ReadonlyMap<string, Rank> }): PartitionState {
    return new PartitionState(plan.ranks, new Set())
  }

  /** The state that a snapshot holds. */
  static of(plan: { readonly ranks: ReadonlyMap<string, Rank> }, groups: readonly BaseGroup[]): PartitionState {
    const stored = groups.flatMap(({ buckets }) => buckets).filter(({ place }) => place.rows > 0)
    const state = new PartitionState(plan.ranks, new Set(stored.map(({ place }) => place.object.name)))
    for (const { operator, group, bits, buckets } of groups) state.#make(operator).add(group, { bits, buckets })
    return state
  }

  /** The tables in the order of their operators' uids. */
  tables(): readonly (readonly [operator: string, OperatorTable])[] {
    return [...this.#tables].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  table(operator: string): OperatorTable | undefined {
    return this.#tables.get(operator)
  }

  /** uids of the operators that have state. */
  operators(): readonly string[] {
    return [...this.#tables.keys()]
  }

  /** All buckets of the snapshot beneath that are not dropped. */
  *buckets(): Iterable<Bucket> {
    for (const table of this.#tables.values()) for (const { base } of table.groups.values()) yield* base?.buckets ?? []
  }

  /** Keys in the main groups of all operators. */
  get keys(): number {
    let keys = 0
    for (const table of this.#tables.values()) keys += table.groups.get(0)?.size ?? 0
    return keys
  }

  apply(changes: StateChanges): void {
    for (const { operator, groups } of changes) {
      const table = this.#make(operator)
      for (const group of groups) table.apply(group)
      if (table.groups.size === 0) this.#tables.delete(operator)
    }
  }

  #make(operator: string): OperatorTable {
    const table = this.#tables.get(operator) ?? new OperatorTable(this.#ranks.get(operator), this.missing)
    this.#tables.set(operator, table)
    return table
  }
}
