import { contentHash } from '../values/content-hash.ts'
import { MillraceError } from '../values/errors.ts'
import type { Key } from '../values/key.ts'
import type { LoadedTables } from '../plan/compute.ts'
import type { StaticTable, TableContent } from './static-table.ts'

/** Returns the content of a plan's static tables; a runner calls it once per process, before the first computation. */
export async function loadTables(tables: readonly StaticTable[]): Promise<LoadedTables> {
  const loaded = new Map(await Promise.all(tables.map(async (table) => [table.name, await loadOne(table)] as const)))
  return {
    get: (name) => {
      const content = loaded.get(name)
      return content === undefined ? undefined : { hash: content.hash, get: (key) => content.get(key as Key), entries: () => content.entries() }
    },
  }
}

async function loadOne(table: StaticTable): Promise<TableContent<unknown>> {
  try {
    return await table.load((pairs) => contentHash(pairs, `static table '${table.name}'`))
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError('BAD_PROGRAM', `static table '${table.name}' could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}
