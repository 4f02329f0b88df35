import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { Columns } from '../values/columns.ts'
import { declaredTable, type DeclaredTable, type DeclaredTableOptions, type FoundRow, type KeyOf } from './declared-table.ts'
import { tableFile } from './table-file.ts'

/**
 * Returns a table for `ssc.staticTable` of a JSON file: an array of objects, or an object per line. Timestamps are ISO 8601 or epoch ms, blobs base64.
 * @example
 * const plans = ssc.staticTable('plans', jsonTable('data/plans.json', { key: 'user', columns: { user: 'text', plan: 'text' } }))
 */
export function jsonTable<const C extends Columns, const N extends KeyOf<C>>(path: string, options: DeclaredTableOptions<C, N>): DeclaredTable<C, N> {
  const file = tableFile('jsonTable', path)
  return declaredTable(file.who, options, async () => {
    const text = await file.text()
    return text.trimStart().startsWith('[') ? elements(file.who, text) : lines(file.who, text)
  })
}

function elements(who: string, text: string): readonly FoundRow[] {
  return (parse(who, '', text) as readonly unknown[]).map((value, i) => rowOf(who, `element ${i + 1}`, value))
}

function lines(who: string, text: string): readonly FoundRow[] {
  return text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [rowOf(who, `line ${i + 1}`, parse(who, `, line ${i + 1}`, line))]))
}

function parse(who: string, where: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new MillraceError('BAD_PROGRAM', `${who}${where} is no JSON: ${(cause as Error).message}; a file holds an array of objects, or one object per line`, {
      cause,
    })
  }
}

function rowOf(who: string, where: string, value: unknown): FoundRow {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MillraceError('BAD_PROGRAM', `${who}, ${where}: ${describeValue(value)} is there; it must be an object, such as {"user":"ann","plan":"pro"}`)
  return {
    where,
    textual: false,
    value: (column) => (Object.hasOwn(value, column) ? (value as Readonly<Record<string, unknown>>)[column] : undefined),
  }
}
