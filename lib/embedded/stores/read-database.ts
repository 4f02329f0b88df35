import { DatabaseSync } from 'node:sqlite'
import { storeError } from './store-error.ts'

/** Opens the SQLite file of a run that has ended, to read; it stands in nobody's way once it is closed. Fails while another process runs on it. */
export function readDatabase(file: string): DatabaseSync {
  try {
    const db = new DatabaseSync(file, { readOnly: true })
    // What is locked says so with the first read.
    db.exec('SELECT 1 FROM sqlite_master LIMIT 1')
    return db
  } catch (cause) {
    throw storeError('cannot read the state', file, cause)
  }
}
