import { MillraceError } from '../../values/errors.ts'

const SQLITE_BUSY = 5
const SQLITE_READONLY = 8
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26

/** Returns what a failed write or read of `place` (a file or folder) means to a person. `doing`: "cannot write the state". */
export function storeError(doing: string, place: string, cause: unknown): MillraceError {
  return new MillraceError('STORE_FAILED', `${doing} in ${place}: ${remedyOf(cause)}`, { cause })
}

function remedyOf(cause: unknown): string {
  const { code, errcode, message } = cause as { readonly code?: string; readonly errcode?: number; readonly message?: string }
  const what = message ?? String(cause)
  // The upper bits of SQLite's code say where: 8 bits are the kind.
  const kind = errcode === undefined ? undefined : errcode & 0xff
  if (kind === SQLITE_FULL || code === 'ENOSPC' || code === 'EDQUOT')
    return `the disk is full (${what}). What is committed is kept: free some space and start again, it goes on from there`
  if (kind === SQLITE_BUSY)
    return `it is in use by another process (${what}). Wait for the other run to end, or give this one a state of its own with --state DIR`
  if (kind === SQLITE_READONLY || kind === SQLITE_CANTOPEN || code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return `it cannot be written (${what}). Check the permissions of the folder, or name another one`
  if (code === 'ENOTDIR' || code === 'EEXIST') return `a file stands where a folder must be (${what}). Name another folder, or move the file away`
  if (kind === SQLITE_CORRUPT || kind === SQLITE_NOTADB) return `the file is damaged (${what}). Restore it from a copy, or remove it to start over`
  return `${what}. What is committed is kept: mend the cause and start again`
}
