import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { storeError } from './store-error.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS log (name TEXT NOT NULL, n INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (name, n));
  CREATE TABLE IF NOT EXISTS progress (batch INTEGER PRIMARY KEY, names TEXT NOT NULL, attributes TEXT NOT NULL, at_ms INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS run (name TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS stdin (stream TEXT NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL, lines BLOB NOT NULL, arrival_ms INTEGER, PRIMARY KEY (stream, first));
  CREATE TABLE IF NOT EXISTS files (stream TEXT NOT NULL, time_ms INTEGER NOT NULL, piece INTEGER NOT NULL, paths TEXT NOT NULL, records BLOB NOT NULL, PRIMARY KEY (stream, time_ms, piece));
  CREATE TABLE IF NOT EXISTS polls (stream TEXT NOT NULL, n INTEGER NOT NULL, part INTEGER NOT NULL, position TEXT NOT NULL, arrival_ms INTEGER NOT NULL, records BLOB NOT NULL, PRIMARY KEY (stream, n));
`

/** A process that was killed a moment ago may still hold the lock. */
const LOCK_WAIT_MS = 3_000
const SQLITE_BUSY = 5

/**
 * A database that no other process may write, but others may read (millrace query): the lock is on a file beside it. It is the operating system's, so it goes with the process,
 * however that ends.
 */
class OwnDatabase extends DatabaseSync {
  readonly #lock: DatabaseSync

  constructor(file: string) {
    const lock = new DatabaseSync(lockFile(file), { timeout: LOCK_WAIT_MS })
    try {
      lock.exec('BEGIN EXCLUSIVE')
      super(file, { timeout: LOCK_WAIT_MS })
    } catch (error) {
      lock.close()
      throw error
    }
    this.#lock = lock
  }

  override close(): void {
    super.close()
    this.#lock.close()
  }
}

export function lockFile(database: string): string {
  return `${database}-lock`
}

/** Whether a process has this database as its own now. */
export function isOwned(database: string): boolean {
  if (!existsSync(lockFile(database))) return false
  const lock = new DatabaseSync(lockFile(database), { timeout: 0, readOnly: true })
  try {
    lock.exec('SELECT 1 FROM sqlite_master LIMIT 1')
    return false
  } catch (error) {
    if ((error as { readonly errcode?: number }).errcode === SQLITE_BUSY) return true
    throw error
  } finally {
    lock.close()
  }
}

/**
 * Opens the SQLite file of one job's state (made with its folder if need be) for this process alone.
 * WAL with synchronous = NORMAL: a commit is in the operating system's hands before it returns, so no kill of the process loses it. A power cut may take
 * back the newest commits, never one without those after it: the run goes on a little earlier and computes the same again.
 */
export function openDatabase(file: string): DatabaseSync {
  try {
    mkdirSync(dirname(file), { recursive: true })
    const db = new OwnDatabase(file)
    try {
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
      db.exec(SCHEMA)
      // Of a state that an older version has made.
      if (
        !db
          .prepare('PRAGMA table_info(stdin)')
          .all()
          .some(({ name }) => name === 'arrival_ms')
      )
        db.exec('ALTER TABLE stdin ADD COLUMN arrival_ms INTEGER')
    } catch (error) {
      db.close()
      throw error
    }
    return db
  } catch (cause) {
    throw storeError('cannot open the state', file, cause)
  }
}
