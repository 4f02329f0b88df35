import { toJson } from './to-json.ts'

/** Returns rows as JSON, a line each, in UTF-8. Throws where JSON would change a value without a word; see toJson. */
export function formatJsonLines(rows: readonly unknown[]): Uint8Array {
  return Buffer.from(rows.map((row) => `${toJson(row)}\n`).join(''))
}
