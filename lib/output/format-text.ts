import { toJson } from '../values/to-json.ts'

/** Returns rows as text, a line each, in UTF-8: strings as they are, everything else as JSON. */
export function formatText(rows: readonly unknown[]): Uint8Array {
  return Buffer.from(rows.map((row) => `${typeof row === 'string' ? row : toJson(row)}\n`).join(''))
}
