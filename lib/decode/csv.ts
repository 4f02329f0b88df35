import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { RowsDecoder } from './rows-decoder.ts'

export interface CsvOptions<C extends string = string> {
  /** Names of a row's fields, in their order; with `header` those that are taken, by name. May be left out with `header`: then all are. */
  readonly columns?: readonly C[] | undefined
  /** Whether the first line of every record names the columns. @default false */
  readonly header?: boolean | undefined
  /** One character between fields. @default ',' */
  readonly delimiter?: string | undefined
}

/** A line's fields by column, and how many a line must have. */
interface Line {
  readonly fields: readonly string[]
  readonly names: readonly (string | undefined)[]
  /** What is wrong with it. */
  readonly problem: string | undefined
}

/**
 * Returns a decoder of records that hold CSV (RFC 4180: fields may be quoted, a quote in them is doubled, quoted ones may hold line breaks): an object of texts per line.
 * Blank lines are passed over. A line with another number of fields than there are columns is one dead letter; a quote that never closes, or a header without a column that is wanted, makes one of all of the record.
 * @example
 * ssc.kinesisStream('orders', csv({ columns: ['id', 'cents'] })).map(({ cents }) => Number(cents)).print()
 */
export function csv<const C extends string>(options: CsvOptions<C> & { readonly columns: readonly C[] }): RowsDecoder<{ readonly [K in C]: string }>
export function csv(options: CsvOptions & { readonly header: true }): RowsDecoder<Readonly<Record<string, string>>>
export function csv({ columns, header = false, delimiter = ',' }: CsvOptions): RowsDecoder<Readonly<Record<string, string>>> {
  if (columns === undefined && !header)
    throw bad("csv has no columns: give it { columns: ['id', ...] }, or { header: true } where each record's first line names them")
  const isNames = columns === undefined || (Array.isArray(columns) && columns.length > 0 && columns.every((name) => typeof name === 'string' && name !== ''))
  if (!isNames || new Set(columns).size !== (columns ?? []).length)
    throw bad(`csv got ${describeValue(columns)} as its columns; it takes different names, such as ['id', 'cents']`)
  if (typeof delimiter !== 'string' || delimiter.length !== 1 || /["\r\n]/.test(delimiter))
    throw bad(`csv got ${describeValue(delimiter)} as its delimiter; it takes one character that is neither a quote nor a line break`)
  return {
    split: (data) => {
      const lines = linesOf(
        Buffer.from(data.buffer, data.byteOffset, data.byteLength)
          .toString('utf8')
          .replace(/^\ufeff/, ''),
        delimiter,
      )
      if (!header) return lines.map((line): Line => ({ ...line, names: columns ?? [] }))
      const [first, ...rest] = lines
      if (first === undefined) return []
      const names = namesOf(first, columns)
      return rest.map((line): Line => ({ ...line, names }))
    },
    decodeRow: (part) => {
      const { fields, names, problem } = part as Line
      if (problem !== undefined) throw badValue(problem)
      if (fields.length !== names.length) throw badValue(`line has ${fields.length} fields, and ${names.length} columns are expected`)
      return Object.fromEntries(fields.flatMap((field, i) => (names[i] === undefined ? [] : [[names[i], field]])))
    },
  }
}

/** The name of each field; undefined: of one that is not taken. */
function namesOf({ fields, problem }: Omit<Line, 'names'>, columns: readonly string[] | undefined): readonly (string | undefined)[] {
  if (problem !== undefined) throw badValue(`in the header, ${problem}`)
  const twice = fields.find((name, i) => fields.indexOf(name) < i)
  if (twice !== undefined) throw badValue(`the header names ${JSON.stringify(twice)} twice`)
  const missing = (columns ?? []).filter((name) => !fields.includes(name))
  if (missing.length > 0)
    throw badValue(
      `the header has no ${missing.map((name) => JSON.stringify(name)).join(', ')}; it has ${fields.map((name) => JSON.stringify(name)).join(', ')}`,
    )
  return columns === undefined ? fields : fields.map((name) => (columns.includes(name) ? name : undefined))
}

function linesOf(text: string, delimiter: string): readonly Omit<Line, 'names'>[] {
  const lines: Omit<Line, 'names'>[] = []
  let at = 0
  while (at < text.length) {
    const fields: string[] = []
    let problem: string | undefined
    let quoted = false
    for (;;) {
      let field: string
      if (text[at] === '"') {
        quoted = true
        const end = endOfQuoted(text, at)
        field = text.slice(at + 1, end).replaceAll('""', '"')
        at = end + 1
        const behind = endOfPlain(text, at, delimiter)
        if (behind > at && text.slice(at, behind) !== '\r') problem ??= `field ${fields.length + 1} goes on behind its closing quote`
        at = behind
      } else {
        const end = endOfPlain(text, at, delimiter)
        field = text.slice(at, end)
        if (text[end] !== delimiter && field.endsWith('\r')) field = field.slice(0, -1)
        at = end
      }
      fields.push(field)
      if (text[at] !== delimiter) break
      at++
    }
    at++ // behind the line break
    if (fields.length > 1 || fields[0] !== '' || quoted) lines.push({ fields, problem })
  }
  return lines
}

function endOfPlain(text: string, from: number, delimiter: string): number {
  let at = from
  while (at < text.length && text[at] !== delimiter && text[at] !== '\n') at++
  return at
}

/** The index of the quote that closes the field whose opening one stands at `from`. */
function endOfQuoted(text: string, from: number): number {
  for (let at = from + 1; ; at += 2) {
    at = text.indexOf('"', at)
    if (at < 0) throw badValue(`the quote at character ${from + 1} never closes`)
    if (text[at + 1] !== '"') return at
  }
}

function bad(message: string): MillraceError {
  return new MillraceError('BAD_PROGRAM', message)
}

function badValue(message: string): MillraceError {
  return new MillraceError('BAD_VALUE', `record is not CSV as expected: ${message}`)
}
