import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { lockFile } from './open-database.ts'
import { storeError } from './store-error.ts'

/** Where the state of a job is: a database, and beside it a folder for the engine's objects (spills, snapshots, dead letters). */
export interface StatePaths {
  readonly database: string
  readonly objects: string
}

export function statePaths(state: string, job: string): StatePaths {
  return { database: join(state, `${job}.db`), objects: join(state, job) }
}

/** Removes the state of a job. The database goes last: as long as it is there, the next start finds a finished run and removes the rest. */
export function removeState({ database, objects }: StatePaths): void {
  try {
    rmSync(objects, { recursive: true, force: true })
    for (const path of [`${database}-wal`, `${database}-shm`, lockFile(database), database]) rmSync(path, { force: true })
  } catch (cause) {
    throw storeError('cannot remove the old state', database, cause)
  }
}
