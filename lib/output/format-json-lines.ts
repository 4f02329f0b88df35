import { toJson } from '../values/to-json.ts'

/** Returns rows as JSON, a line each, in UTF-8. Throws where JSON would change a value without a word; see toJson. */
export function formatJsonLines(rows: readonly unknown[]): Uint8Array {
  let text = ''
  for (let i = 0; i < rows.length; i++) text += `${toJson(rows[i])}\n`
  return Buffer.from(text)
}
