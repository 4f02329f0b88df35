import { compress, decompress } from '../codec.ts'
import { compareKeys } from '../key.ts'
import { KeyMap } from '../key-map.ts'
import { decodeChanges, encodeChanges, type GroupChanges, type StateChanges } from './changes.ts'
import { PartitionState, type Rank } from './partition-state.ts'

/** A snapshot as objects to be stored. One today; hash-ordered buckets later. */
export interface SnapshotParts {
  readonly parts: readonly Uint8Array[]
}

/** Returns the state with the changes on top as bytes; no parts when nothing is left. Synchronous: nothing can come in between. */
export function encodeSnapshot(state: PartitionState, changes: StateChanges): SnapshotParts {
  const operators = new Set([...state.tables().map(([operator]) => operator), ...changes.map((c) => c.operator)])
  const all: StateChanges = [...operators].sort().flatMap((operator) => {
    const on = changes.find((c) => c.operator === operator)?.groups ?? []
    const table = state.table(operator)
    const groups = new Set([...(table?.groups.keys() ?? []), ...on.map((g) => g.group)])
    const merged = [...groups]
      .sort((a, b) => a - b)
      .map((group) =>
        merge(
          group,
          table?.groups.get(group)?.map,
          on.find((g) => g.group === group),
        ),
      )
    const kept = merged.filter((g) => g.puts.length > 0)
    return kept.length > 0 ? [{ operator, groups: kept }] : []
  })
  return { parts: all.length > 0 ? [compress(encodeChanges(all))] : [] }
}

function merge(group: number, base: KeyMap<unknown> | undefined, on: GroupChanges | undefined): GroupChanges {
  const values = new KeyMap<unknown>()
  if (on?.dropped !== true) for (const [key, value] of base ?? []) values.set(key, value)
  for (const key of on?.deletes ?? []) values.delete(key)
  for (const [key, value] of on?.puts ?? []) values.set(key, value)
  const puts = Array.from(values, ([key, value]) => [key, value] as const).sort(([a], [b]) => compareKeys(a, b))
  return { group, dropped: false, deletes: [], puts }
}

export function loadSnapshot(plan: { readonly ranks: ReadonlyMap<string, Rank> }, parts: readonly Uint8Array[]): PartitionState {
  const state = PartitionState.empty(plan)
  for (const part of parts) state.apply(decodeChanges(decompress(part)))
  return state
}
