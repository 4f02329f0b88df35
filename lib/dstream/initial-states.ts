import { decodeValue, encodeValue } from '../codec/rows.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { compareKeys, partitionOf, type Key } from '../values/key.ts'
import type { StaticTable } from '../program/static-table.ts'
import type { OperatorContext } from './node.ts'
import { ASIDE } from './panes.ts'

/** Initial states of a keyed operator: looked up key by key, so that a million of them cost nothing to start with. */
export interface InitialStates {
  /** The initial state of a key that has none; undefined also for a key that was removed. */
  get(context: OperatorContext, key: unknown): unknown
  /** Forgets a key's state for good: one that the table has is marked, so that it does not come back. */
  remove(context: OperatorContext, key: unknown): void
  /** Initial states of this partition that were never touched, in the order of their keys: costs the whole table. */
  untouched(context: OperatorContext): readonly (readonly [Key, unknown])[]
}

/** Where none are ever looked up. */
export const NO_INITIAL_STATES: InitialStates = { get: () => undefined, remove: () => {}, untouched: () => [] }

/** Returns a copy of a table's value as a state: a user's function may change in place what it is given, and a table is for all runs. Throws for what cannot be stored. */
export function copyOfInitial(table: StaticTable, key: unknown, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  try {
    return decodeValue(encodeValue(value))
  } catch (error) {
    throw new MillraceError('BAD_VALUE', `the initial state of key ${describeValue(key)} in table '${table.name}': ${(error as Error).message}`, {
      cause: error,
    })
  }
}

/** Returns the initial states that a table holds; none without a table. `group`: where the operator keeps its states. */
export function initialStates(table: StaticTable | undefined, group: number): InitialStates {
  const stateless = (context: OperatorContext, key: unknown): void => context.state.delete(group, key)
  if (table === undefined) return { get: () => undefined, remove: stateless, untouched: () => [] }
  const removed = (context: OperatorContext, key: unknown): boolean => context.state.get(ASIDE, key) === true
  return {
    get: (context, key) => (removed(context, key) ? undefined : copyOfInitial(table, key, context.table(table).get(key))),
    remove: (context, key) => {
      stateless(context, key)
      if (context.table(table).get(key) !== undefined) context.state.put(ASIDE, key, true)
    },
    untouched: (context) =>
      ([...context.table(table).entries()] as readonly (readonly [Key, unknown])[])
        .filter(
          ([key]) => partitionOf(key, context.numPartitions) === context.partition && context.state.get(group, key) === undefined && !removed(context, key),
        )
        .sort(([a], [b]) => compareKeys(a, b))
        .map(([key, value]) => [key, copyOfInitial(table, key, value)] as const),
  }
}
