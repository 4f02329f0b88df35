import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { loadPeer } from '../values/load-peer.ts'
import type { Columns } from '../values/columns.ts'
import { declaredTable, type DeclaredTable, type DeclaredTableOptions, type FoundRow, type KeyOf } from './declared-table.ts'
import { needed } from './needed.ts'
import { tableFile } from './table-file.ts'

export interface CsvTableOptions<C extends Columns, N extends string> extends DeclaredTableOptions<C, N> {
  /** The first line holds names. Without one the columns stand in the file in the order in which they are declared. @default true */
  readonly header?: boolean
  /** Between fields, one character. @default ',' */
  readonly delimiter?: string
}

interface Parsed {
  readonly record: readonly (string | null)[]
  readonly info: { readonly lines: number }
}

/**
 * Returns a table for `ssc.staticTable` of a CSV file in UTF-8 (RFC 4180), as csvFile writes them: an empty field is null, `""` the empty text, timestamps ISO 8601. Needs the package csv-parse.
 * @example
 * const plans = ssc.staticTable('plans', csvTable('data/plans.csv', { key: 'user', columns: { user: 'text', plan: 'text' } }))
 */
export function csvTable<const C extends Columns, const N extends KeyOf<C>>(path: string, options: CsvTableOptions<C, N>): DeclaredTable<C, N> {
  const file = tableFile('csvTable', path)
  const { who } = file
  const { header = true, delimiter = ',', columns } = options
  if (typeof delimiter !== 'string' || [...delimiter].length !== 1 || /["\r\n]/.test(delimiter))
    throw new MillraceError(
      'BAD_PROGRAM',
      `${who}: the delimiter is ${describeValue(delimiter)}; it is one character other than a quote and a line break, such as ';'`,
    )
  return declaredTable(who, options, async () => {
    const parsed = await parse(who, await file.text(), delimiter)
    const names = header ? namesOf(who, parsed, columns) : Object.keys(columns)
    const first = parsed[0]
    if (!header && first !== undefined && first.record.length !== names.length)
      throw new MillraceError(
        'BAD_PROGRAM',
        `${who}, line 1: it has ${first.record.length} fields, and ${names.length} columns are declared: without a header they must be all, in order`,
      )
    const places = new Map(names.map((name, i) => [name, i]))
    return parsed.slice(header ? 1 : 0).map(({ record }, i): FoundRow => ({
      where: `line ${(parsed[header ? i : i - 1]?.info.lines ?? 0) + 1}`,
      textual: true,
      value: (column) => record[places.get(column) as number],
    }))
  })
}

async function parse(who: string, text: string, delimiter: string): Promise<readonly Parsed[]> {
  const csv = await loadPeer(who, 'csv-parse', () => import('csv-parse/sync').catch(needed))
  try {
    return csv.parse(text, { info: true, delimiter, cast: (value, { quoting }) => (value === '' && !quoting ? null : value) }) as unknown as readonly Parsed[]
  } catch (cause) {
    throw new MillraceError('BAD_PROGRAM', `${who} is not CSV that can be read: ${(cause as Error).message}`, { cause })
  }
}

function namesOf(who: string, parsed: readonly Parsed[], columns: Columns): readonly string[] {
  const names = (parsed[0]?.record ?? []).map((name) => name ?? '')
  names.forEach((name, i) => {
    const before = names.indexOf(name)
    if (before < i)
      throw new MillraceError('BAD_PROGRAM', `${who}, line 1: columns ${before + 1} and ${i + 1} are both called ${describeValue(name)}: rename one`)
  })
  for (const column of Object.keys(columns))
    if (!names.includes(column))
      throw new MillraceError(
        'BAD_PROGRAM',
        `${who}, line 1: there is no column '${column}'; there are ${names.map((name) => `'${name}'`).join(', ') || 'none'}: declare what is there, or header: false where the first line is a row`,
      )
  return names
}
