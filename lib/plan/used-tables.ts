import type { ReadonlyTable } from '../dstream/node.ts'
import { MillraceError } from '../values/errors.ts'
import type { LoadedTables } from './compute.ts'

/** The static tables of one computation; remembers which were used. */
export class UsedTables {
  readonly #tables: LoadedTables
  readonly #used = new Map<string, string>()

  constructor(tables: LoadedTables) {
    this.#tables = tables
  }

  get(name: string): ReadonlyTable {
    const table = this.#tables.get(name)
    if (table === undefined) throw new MillraceError('BAD_PROGRAM', `static table '${name}' is not loaded: make it with ssc.staticTable in the same job`)
    this.#used.set(name, table.hash)
    return table
  }

  /** Name to content hash, by name. */
  hashes(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#used].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}
