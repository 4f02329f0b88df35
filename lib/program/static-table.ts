import { MillraceError } from '../values/errors.ts'
import { KeyMap } from '../values/key-map.ts'
import { assertKey, type Key } from '../values/key.ts'
import type { Pair } from '../values/pair.ts'
import type { Columns } from '../values/columns.ts'

/** What a table holds once a runner has loaded it. */
export interface TableContent<V> {
  readonly hash: string
  get(key: Key): V | undefined
  entries(): Iterable<readonly [Key, V]>
}

/** What loads a table, and says which columns it has: a csvTable and its like (millrace/tables). */
export interface TableLoader<K extends Key, V> {
  (): Promise<Iterable<Pair<K, V>>>
  readonly columns?: Columns
}

/**
 * Data that a program looks up and never changes: loaded once per process, before the first record. Made by `ssc.staticTable`; used by
 * `joinTable`, `leftOuterJoinTable`, as an initial state, or by `get` inside an operator's function. In place of Spark's broadcast variables.
 */
export class StaticTable<in K extends Key = never, out V = unknown> {
  readonly name: string
  readonly #load: () => Promise<Iterable<Pair<Key, V>>>
  readonly #checks: ((key: Key, value: unknown) => void)[] = []
  #content: TableContent<V> | undefined
  /** Of a table that declares its columns: key and the fields of its values. */
  readonly columns: Columns | undefined

  constructor(name: string, load: () => Promise<Iterable<Pair<K, V>>>, columns?: Columns) {
    this.name = name
    this.#load = load
    this.columns = columns
  }

  /** Content for which it throws fails its load; called while the program is built. */
  check(check: (key: Key, value: unknown) => void): void {
    this.#checks.push(check)
  }

  /** Returns the value of a key, compared by value. Only for functions that run in a batch: before, nothing is loaded. */
  get(key: K): V | undefined {
    if (this.#content === undefined)
      throw new MillraceError(
        'BAD_PROGRAM',
        `static table '${this.name}' is not loaded: get('${String(key)}') was called while the program was built; call it inside an operator's function`,
      )
    return this.#content.get(key)
  }

  /** Runs the user's function and keeps what it returns; called by loadTables. `hash`: of the pairs, see contentHash. */
  async load(hash: (pairs: Iterable<readonly [Key, V]>) => string): Promise<TableContent<V>> {
    const pairs = new KeyMap<V>()
    const loaded: unknown = await this.#load()
    if (typeof loaded !== 'object' || loaded === null || !(Symbol.iterator in loaded))
      throw new MillraceError(
        'BAD_PROGRAM',
        `static table '${this.name}': its function returned ${String(loaded)}; it must return an iterable of pairs [key, value]`,
      )
    for (const pair of loaded as Iterable<unknown>) {
      if (!Array.isArray(pair) || pair.length !== 2)
        throw new MillraceError(
          'BAD_PROGRAM',
          `static table '${this.name}' holds ${JSON.stringify(pair) ?? String(pair)}; every element must be a pair [key, value]`,
        )
      const key: unknown = pair[0]
      assertKey(key, `static table '${this.name}'`)
      for (const check of this.#checks) check(key, pair[1])
      pairs.set(key, pair[1] as V)
    }
    const content = { hash: hash(pairs), get: (key: Key): V | undefined => pairs.get(key), entries: (): Iterable<readonly [Key, V]> => pairs }
    this.#content = content
    return content
  }
}
