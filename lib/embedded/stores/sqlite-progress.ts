import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Progress, ProgressItem, ProgressUpdate, ProgressValue } from '../../runtime/ports/progress.ts'
import { storeError } from './store-error.ts'

/** Progress in the table `progress` of openDatabase. Only one process has the file open, so read and write need no transaction around them. */
export class SqliteProgress implements Progress {
  readonly #place: string
  readonly #get: StatementSync
  readonly #put: StatementSync

  constructor(db: DatabaseSync) {
    this.#place = db.location() ?? 'memory'
    this.#get = db.prepare('SELECT names, attributes, at_ms FROM progress WHERE batch = ?')
    this.#put = db.prepare('INSERT OR REPLACE INTO progress (batch, names, attributes, at_ms) VALUES (?, ?, ?, ?)')
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
      this.#put.run(batch, JSON.stringify([...item.names]), JSON.stringify([...item.attributes]), item.atMs)
      return item
    } catch (cause) {
      throw storeError(`cannot write the progress of batch ${batch}`, this.#place, cause)
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
