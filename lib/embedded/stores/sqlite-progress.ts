import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Progress, ProgressItem, ProgressUpdate, ProgressValue } from '../../runtime/ports/progress.ts'
import { storeError } from './store-error.ts'

/** Progress in the table `progress` of openDatabase. Only one process has the file open, so read and write need no transaction around them. */
export class SqliteProgress implements Progress {
  readonly #place: string
  readonly #db: DatabaseSync
  readonly #get: StatementSync
  readonly #put: StatementSync
  /** Called within the transaction that writes an item which has got this name just now. */
  #onName: { readonly name: string; readonly call: (batch: number, item: ProgressItem) => void } | undefined

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#place = db.location() ?? 'memory'
    this.#get = db.prepare('SELECT names, attributes, at_ms FROM progress WHERE batch = ?')
    this.#put = db.prepare('INSERT OR REPLACE INTO progress (batch, names, attributes, at_ms) VALUES (?, ?, ?, ?)')
  }

  /** Lets `call` write what belongs to the name into the same transaction. */
  with(name: string, call: (batch: number, item: ProgressItem) => void): void {
    this.#onName = { name, call }
  }

  async get(batch: number): Promise<ProgressItem | null> {
    try {
      return this.#read(batch)
    } catch (cause) {
      throw storeError(`cannot read the progress of batch ${batch}`, this.#place, cause)
    }
  }

  async add(batch: number, update: ProgressUpdate): Promise<ProgressItem | null> {
    try {
      const old = this.#read(batch)
      if (update.ifAtMs !== undefined && update.ifAtMs !== (old?.atMs ?? 0)) return null
      const item = {
        names: new Set([...(old?.names ?? []), ...update.names]),
        attributes: new Map([...(old?.attributes ?? []), ...Object.entries(update.attributes)]),
        atMs: update.atMs,
      }
      const also = this.#onName !== undefined && update.names.includes(this.#onName.name) && old?.names.has(this.#onName.name) !== true
      if (also)
        this.#transact(() => {
          this.#write(batch, item)
          this.#onName?.call(batch, item)
        })
      else this.#write(batch, item)
      return item
    } catch (cause) {
      throw storeError(`cannot write the progress of batch ${batch}`, this.#place, cause)
    }
  }

  #write(batch: number, item: ProgressItem): void {
    this.#put.run(batch, JSON.stringify([...item.names]), JSON.stringify([...item.attributes]), item.atMs)
  }

  #transact(write: () => void): void {
    this.#db.exec('BEGIN')
    try {
      write()
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  #read(batch: number): ProgressItem | null {
    const row = this.#get.get(batch)
    if (row === undefined) return null
    return {
      names: new Set(JSON.parse(String(row['names'])) as string[]),
      // Pairs, not an object: a name such as __proto__ is only a name.
      attributes: new Map(JSON.parse(String(row['attributes'])) as [string, ProgressValue][]),
      atMs: Number(row['at_ms']),
    }
  }
}
