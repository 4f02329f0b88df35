import { describeValue } from '../values/describe-value.ts'
import { checkColumns, rowReader, type Columns, type ColumnType, type ColumnValue } from '../values/columns.ts'
import { MillraceError } from '../values/errors.ts'
import { notInReceive } from '../values/in-receive.ts'
import { compressorOf, type Compression } from './compression.ts'
import type { FileFormat } from './file-format.ts'

export interface CsvFileOptions<C extends Columns> {
  /** In the order in which they stand in the file. */
  readonly columns: C
  /** The names of the columns in the first line. @default true */
  readonly header?: boolean
  /** Between fields, one character. @default ',' */
  readonly delimiter?: string
  /** Puts an apostrophe before text that a spreadsheet would take for a formula (it begins with = + - @, tab or return). @default false */
  readonly spreadsheetSafe?: boolean
  /** gzip ends the name in .gz, zstd in .zst. @default not compressed */
  readonly compress?: Compression
}

/**
 * Returns the format of CSV files by RFC 4180, in UTF-8: lines end in CRLF, a field with a delimiter, a quote or a line break is quoted, a quote in it doubled.
 * A null is an empty field, an empty text `""`; timestamps are ISO 8601 in UTC, blobs base64, json its text.
 */
export function csvFile<const C extends Columns>(options: CsvFileOptions<C>): FileFormat<C> {
  const { columns, header = true, delimiter = ',', spreadsheetSafe = false } = options
  checkColumns(columns, 'csvFile')
  if (typeof delimiter !== 'string' || [...delimiter].length !== 1 || /["\r\n]/.test(delimiter))
    throw new MillraceError(
      'BAD_PROGRAM',
      `csvFile: the delimiter is ${describeValue(delimiter)}; it is one character other than a quote and a line break, such as ';'`,
    )
  const { ending, compress } = compressorOf(options.compress, 'csvFile')
  const types = Object.values(columns)
  const read = rowReader(columns)
  const quote = (text: string): string => (text === '' || text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const cell = (value: ColumnValue, i: number): string => {
    const text = cellText(value, types[i])
    if (text === null) return types.length === 1 ? '""' : '' // a line without anything is no row to most readers
    return quote(spreadsheetSafe && (types[i] === 'text' || types[i] === 'json') && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text)
  }
  const first = header ? `${Object.keys(columns).map(quote).join(delimiter)}\r\n` : ''
  return {
    name: 'csv',
    suffix: `csv${ending}`,
    columns,
    params: { columns: JSON.stringify(columns), header, delimiter, spreadsheetSafe, compress: options.compress ?? null },
    prepare: import.meta.inReceive ? notInReceive : (row) => `${read(row).map(cell).join(delimiter)}\r\n`,
    write: import.meta.inReceive ? notInReceive : (lines) => compress(Buffer.from(first + lines.join(''))),
  }
}

function cellText(value: ColumnValue, type: ColumnType | undefined): string | null {
  if (value === null) return null
  if (type === 'timestamp') return new Date(value as number).toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return Object.is(value, -0) ? '-0' : String(value)
}
