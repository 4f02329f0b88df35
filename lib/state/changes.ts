import { decodeRows, decodeValue, encodeRows, encodeValue } from '../codec/rows.ts'
import type { Key } from '../values/key.ts'

/** What one batch changed in one group of an operator's state: first `dropped`, then `deletes`, then `puts`. */
export interface GroupChanges {
  readonly group: number
  readonly dropped: boolean
  readonly deletes: readonly Key[]
  readonly puts: readonly (readonly [key: Key, value: unknown])[]
  /** Keys in the group afterwards: who takes the changes over need not look up which were new. Entries of version 1 do not say. */
  readonly size?: number
}

export interface OperatorChanges {
  readonly operator: string
  readonly groups: readonly GroupChanges[]
}

/** What one task changed, all operators of its stage. Data: applying it needs no program. */
export type StateChanges = readonly OperatorChanges[]

type WireGroup = [group: number, dropped: boolean, deletes: readonly Key[], puts: Uint8Array, size?: number]
type Wire = [operator: string, groups: WireGroup[]][]

const NOTHING = new Uint8Array(0)

/** Returns the bytes of the changes; no bytes when there are none. */
export function encodeChanges(changes: StateChanges): Uint8Array {
  if (changes.length === 0) return NOTHING
  return encodeValue(
    changes.map((o) => [o.operator, o.groups.map((g) => [g.group, g.dropped, g.deletes, encodeRows(g.puts), ...(g.size === undefined ? [] : [g.size])])]),
  )
}

export function decodeChanges(bytes: Uint8Array): StateChanges {
  if (bytes.length === 0) return []
  return (decodeValue(bytes) as Wire).map(([operator, groups]) => ({
    operator,
    groups: groups.map(([group, dropped, deletes, puts, size]) => ({
      group,
      dropped,
      deletes,
      puts: decodeRows(puts) as GroupChanges['puts'],
      ...(size === undefined ? {} : { size }),
    })),
  }))
}

/** Returns how many keys the changes name. */
export function countKeys(changes: StateChanges): number {
  let keys = 0
  for (const o of changes) for (const g of o.groups) keys += g.deletes.length + g.puts.length
  return keys
}
