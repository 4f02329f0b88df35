import { encodeRows } from '../codec/rows.ts'

/** Returns rows in Millrace's own encoding: every value that a row may hold comes back as it was (decodeRows). */
export function formatObjects(rows: readonly unknown[]): Uint8Array {
  return encodeRows(rows)
}
