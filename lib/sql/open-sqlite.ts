import { getBuiltinModule, version } from 'node:process'
import { MillraceError } from '../values/errors.ts'

export type Sqlite = typeof import('node:sqlite')
export type Database = InstanceType<Sqlite['DatabaseSync']>
export type Statement = ReturnType<Database['prepare']>
/** What SQLite's values are here: integers come as bigint where it is asked for. */
export type SqlValue = null | number | bigint | string | Uint8Array

/**
 * Returns node:sqlite. It is taken when a statement is first prepared, so that a program that only receives never opens it.
 * Node 24.10 brought setAuthorizer, without which a statement could not be checked.
 */
export function openSqlite(): Sqlite {
  const sqlite = getBuiltinModule('node:sqlite') as Sqlite | undefined
  if (typeof sqlite?.DatabaseSync.prototype.setAuthorizer !== 'function')
    throw new MillraceError('BAD_PROGRAM', `sql needs Node 24.10 or newer, whose node:sqlite has setAuthorizer; this is Node ${version}`)
  return sqlite
}

/** Returns a name as SQL quotes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
