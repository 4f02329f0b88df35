import { MillraceError } from '../values/errors.ts'
import type { RowsDecoder } from './rows-decoder.ts'
import type { StandardSchema } from './standard-schema.ts'
import { assertSchema, validate } from './validate.ts'

/** Returns a decoder of records that hold several lines of UTF-8: a row per line, `\n` or `\r\n` behind each, the last one may do without. Blank lines are rows, too. */
export function lines(): RowsDecoder<string> {
  return { split: (data) => linesOf(textOf(data)), decodeRow: (line) => line as string }
}

/**
 * Returns a decoder of records that hold several JSON values: a line each, or one right behind the other, as Firehose and many agents put them together. Blank lines are passed over.
 * A value that is not JSON, or does not fit the schema, is one dead letter; behind one that does not end where its line ends, reading goes on with the next line.
 */
export function jsonLines(): RowsDecoder<unknown>
export function jsonLines<T>(schema: StandardSchema<T>): RowsDecoder<T>
export function jsonLines(schema?: StandardSchema<unknown>): RowsDecoder<unknown> {
  if (schema !== undefined) assertSchema(schema)
  return {
    split: (data) => linesOf(textOf(data)).flatMap((line) => valuesIn(line)),
    decodeRow: (part) => (schema === undefined ? parse(part as string) : validate(schema, parse(part as string))),
  }
}

function textOf(data: Uint8Array): string {
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8')
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

function linesOf(text: string): string[] {
  const found = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  if (found.at(-1) === '') found.pop()
  return found
}

/** The JSON values of a line, each as its text. A line that is one value, as nearly all are, is not looked at. */
function valuesIn(line: string): readonly string[] {
  const trimmed = line.trim()
  if (trimmed === '') return []
  const opening = trimmed[0]
  if (opening !== '{' && opening !== '[') return [trimmed]
  const values: string[] = []
  let from = 0
  while (from < trimmed.length) {
    const end = endOfValue(trimmed, from)
    values.push(trimmed.slice(from, end))
    from = end
    while (/\s/.test(trimmed[from] ?? '')) from++
  }
  return values
}

/** Where the object or array that begins here ends: behind the bracket that closes it. Of what never closes, or is neither, the end of the text. */
function endOfValue(text: string, from: number): number {
  let depth = 0
  for (let i = from; i < text.length; i++) {
    const char = text[i]
    if (char === '"') {
      i = endOfString(text, i)
      if (i < 0) return text.length
    } else if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') depth--
    if (depth === 0) return char === '}' || char === ']' ? i + 1 : text.length
  }
  return text.length
}

/** The index of the quote that ends the string that begins here; -1: none does. */
function endOfString(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i
  }
  return -1
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch (cause) {
    throw new MillraceError('BAD_VALUE', `row is not JSON: ${(cause as Error).message}`, { cause })
  }
}
