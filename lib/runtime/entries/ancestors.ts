import type { ListedShard } from '../ports/shards.ts'

/** The shards that a shard came from: its parents, theirs, and so on. */
export interface Ancestors {
  readonly names: readonly string[]
  /** Of these, what the stream listed no more: whom they came from only their own registration says. */
  readonly unlisted: readonly string[]
}

/** Returns the ancestors that a list of its stream's shards shows; undefined: the list does not have the shard. */
export function ancestorsOf(listed: readonly ListedShard[], shard: string): Ancestors | undefined {
  const parents = new Map(listed.map((one) => [one.shard, one.parents]))
  if (!parents.has(shard)) return undefined
  const names = new Set<string>()
  const unlisted: string[] = []
  for (const open = [...(parents.get(shard) ?? [])]; ;) {
    const name = open.pop()
    if (name === undefined) return { names: [...names], unlisted }
    if (names.has(name)) continue
    names.add(name)
    const before = parents.get(name)
    if (before === undefined) unlisted.push(name)
    else open.push(...before)
  }
}

/** The shards of its own stream that an input partition waits for. `all`: who came before it is unknown, so it may be any that was registered before it. */
export type After = readonly string[] | 'all'

/**
 * Returns whom a shard waits for that is registered now. `isRegistered`: of its stream, before it. An ancestor's own floor and holds speak for those before it,
 * so they need not be named here: of a chain of which the list did not show all, a registered link is enough.
 */
export function waitsFor(ancestors: Ancestors | undefined, isRegistered: (shard: string) => boolean): After {
  if (ancestors === undefined || ancestors.unlisted.some((name) => !isRegistered(name))) return 'all'
  return ancestors.names.filter(isRegistered)
}
