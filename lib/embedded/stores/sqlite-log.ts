import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { MillraceError } from '../../values/errors.ts'
import type { Log, LogItem, LogKey } from '../../runtime/ports/log.ts'
import { storeError } from './store-error.ts'

/** Logs in the table `log` of openDatabase. One process, so every read is strongly consistent. Entries are kept for good: the file is removed with the run. */
export class SqliteLog implements Log {
  readonly #place: string
  readonly #put: StatementSync
  readonly #get: StatementSync
  readonly #newest: StatementSync
  readonly #all: StatementSync

  constructor(db: DatabaseSync) {
    this.#place = db.location() ?? 'memory'
    this.#put = db.prepare('INSERT INTO log (name, n, bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
    this.#get = db.prepare('SELECT bytes FROM log WHERE name = ? AND n = ?')
    this.#newest = db.prepare('SELECT n, bytes FROM log WHERE name = ? ORDER BY n DESC LIMIT 1')
    this.#all = db.prepare('SELECT name, n, bytes FROM log ORDER BY name, n')
  }

  put({ log, n }: LogKey, bytes: Uint8Array): Promise<Uint8Array | null> {
    if (!Number.isSafeInteger(n) || n < 0)
      return Promise.reject(new MillraceError('BAD_VALUE', `entry ${n} of log '${log}' cannot be put: entries are numbered 0, 1, 2, ...`))
    return this.#do(`cannot write entry ${n} of log '${log}'`, () => (this.#put.run(log, n, bytes).changes === 1 ? null : this.#read(log, n)))
  }

  get({ log, n }: LogKey): Promise<Uint8Array | null> {
    return this.#do(`cannot read entry ${n} of log '${log}'`, () => this.#read(log, n))
  }

  getMany(keys: readonly LogKey[]): Promise<readonly (Uint8Array | null)[]> {
    return this.#do(`cannot read ${keys.length} entries`, () => keys.map(({ log, n }) => this.#read(log, n)))
  }

  newest(log: string): Promise<LogItem | null> {
    return this.#do(`cannot read log '${log}'`, () => {
      const row = this.#newest.get(log)
      return row === undefined ? null : { n: Number(row['n']), bytes: row['bytes'] as Uint8Array }
    })
  }

  /** All entries, log by log. */
  *all(): Iterable<LogItem & { readonly name: string }> {
    for (const row of this.#all.iterate()) yield { name: String(row['name']), n: Number(row['n']), bytes: row['bytes'] as Uint8Array }
  }

  #read(log: string, n: number): Uint8Array | null {
    const row = this.#get.get(log, n)
    return row === undefined ? null : (row['bytes'] as Uint8Array)
  }

  #do<T>(doing: string, work: () => T): Promise<T> {
    try {
      return Promise.resolve(work())
    } catch (cause) {
      return Promise.reject(storeError(doing, this.#place, cause))
    }
  }
}
