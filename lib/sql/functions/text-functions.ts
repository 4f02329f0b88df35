import { createHash } from 'node:crypto'
import { MillraceError } from '../../values/errors.ts'
import type { SqlValue } from '../open-sqlite.ts'
import { integer, numberOf, strict, takes, textOf, type ScalarFunction } from './define.ts'
import { getJsonObject } from './json-path.ts'
import { firstMatch, isLike, replaceAll, splitBy } from './pattern.ts'

/** Spark's: before %, _ and itself. */
const ESCAPE = '\\'
const MOST_ARGUMENTS = 100

/** Returns Spark's functions of texts. */
export function textFunctions(): Readonly<Record<string, ScalarFunction>> {
  return {
    upper: strict(1, 1, (text) => textOf(text).toUpperCase()),
    lower: strict(1, 1, (text) => textOf(text).toLowerCase()),
    initcap: strict(1, 1, (text) =>
      textOf(text)
        .toLowerCase()
        .replace(/(^| )([^ ])/gu, (_, before: string, c: string) => before + c.toUpperCase()),
    ),
    concat: strict(0, MOST_ARGUMENTS, (...parts) => parts.map(textOf).join('')),
    concat_ws: takes(1, MOST_ARGUMENTS, (separator, ...parts) =>
      separator === null
        ? null
        : parts
            .filter((part) => part !== null)
            .map(textOf)
            .join(textOf(separator)),
    ),
    // SQLite hands the pattern of `text like pattern` and `text regexp pattern` first.
    like: strict(2, 3, (pattern, text, escape = ESCAPE) => isLike(textOf(text), textOf(pattern), textOf(escape))),
    regexp: strict(2, 2, (pattern, text) => firstMatch(textOf(text), textOf(pattern)) !== null),
    regexp_like: strict(2, 2, (text, pattern) => firstMatch(textOf(text), textOf(pattern)) !== null),
    regexp_extract: strict(2, 3, (text, pattern, group = 1n) => {
      const match = firstMatch(textOf(text), textOf(pattern))
      if (match === null) return ''
      const n = numberOf(group)
      if (!(n >= 0 && n < match.length))
        throw new MillraceError(
          'BAD_VALUE',
          `sql: regexp_extract asks for group ${textOf(group)} of the pattern '${textOf(pattern)}', which has ${match.length - 1}`,
        )
      return match[n] ?? ''
    }),
    regexp_replace: strict(3, 3, (text, pattern, replacement) => replaceAll(textOf(text), textOf(pattern), textOf(replacement))),
    split: strict(2, 3, (text, pattern, limit = -1n) => JSON.stringify(splitBy(textOf(text), textOf(pattern), numberOf(limit)))),
    substring_index: strict(3, 3, (text, delimiter, count) => substringIndex(textOf(text), textOf(delimiter), numberOf(count))),
    lpad: strict(2, 3, (text, length, pad = ' ') => padded(text, length, pad, true)),
    rpad: strict(2, 3, (text, length, pad = ' ') => padded(text, length, pad, false)),
    locate: strict(2, 3, (part, text, from = 1n) => {
      const start = numberOf(from)
      const characters = [...textOf(text)]
      if (!(start >= 1) || start > characters.length + 1) return 0n
      const rest = characters.slice(start - 1).join('')
      const found = rest.indexOf(textOf(part))
      return found < 0 ? 0n : integer(Array.from(rest.slice(0, found)).length + start)
    }),
    get_json_object: strict(2, 2, (json, path) => getJsonObject(textOf(json), textOf(path))),
    md5: strict(1, 1, (value) => createHash('md5').update(bytesOf(value)).digest('hex')),
    sha2: strict(2, 2, (value, bits) => {
      const size = numberOf(bits) === 0 ? 256 : numberOf(bits)
      return [224, 256, 384, 512].includes(size) ? createHash(`sha${size}`).update(bytesOf(value)).digest('hex') : null
    }),
  }
}

function bytesOf(value: SqlValue | undefined): string | Uint8Array {
  return value instanceof Uint8Array ? value : textOf(value)
}

function substringIndex(text: string, delimiter: string, count: number): string {
  if (delimiter === '' || !(Math.abs(count) >= 1)) return ''
  const parts = text.split(delimiter)
  return (count > 0 ? parts.slice(0, count) : parts.slice(count)).join(delimiter)
}

function padded(text: SqlValue | undefined, length: SqlValue | undefined, pad: SqlValue, left: boolean): string {
  const [characters, filler, size] = [[...textOf(text)], [...textOf(pad)], Math.max(0, Math.trunc(numberOf(length)))]
  if (size <= characters.length || filler.length === 0) return characters.slice(0, size).join('')
  const fill = Array.from({ length: size - characters.length }, (_, i) => filler[i % filler.length])
  return (left ? [...fill, ...characters] : [...characters, ...fill]).join('')
}
