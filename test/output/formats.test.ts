import { describe, expect, it } from 'vitest'
import { decodeRows } from '../../lib/codec/rows.ts'
import { formatPrint } from '../../lib/output/format-print.ts'
import { writeRows } from '../../lib/output/write-rows.ts'
import { jsonLinesFile, textFile } from '../../lib/formats/line-files.ts'
import { objectFile } from '../../lib/formats/object-file.ts'
import type { FileFormat } from '../../lib/formats/file-format.ts'
import { outputDirectory } from '../../lib/output/output-directory.ts'

const write = (format: FileFormat<Record<never, never>>, rows: readonly unknown[]): Uint8Array =>
  writeRows(format, rows, (_row, error) => {
    throw error
  }).data
const formatJsonLines = (rows: readonly unknown[]): Uint8Array => write(jsonLinesFile(), rows)
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

it.each([
  ['counts', 1000, '', 'counts-1000'],
  ['counts', 1000, 'txt', 'counts-1000.txt'],
  ['a/b', 1000, '', 'a/b-1000'],
  ['', 1000, '', '1000'],
])('names the directory of %s', (prefix, time, suffix, name) => expect(outputDirectory(prefix, time, suffix)).toBe(name))

describe('JSON lines', () => {
  it.each<[unknown, string]>([
    [['a', 1], '["a",1]'],
    ['a\nb', '"a\\nb"'],
    [undefined, 'null'],
    [['k', ['x', undefined]], '["k",["x",null]]'],
    [{ a: undefined, b: null }, '{"b":null}'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [-0, '0'],
    ['\u2028é\u{1f600}', '"\u2028é\u{1f600}"'],
  ])('writes %j', (row, line) => expect(text(formatJsonLines([row, row]))).toBe(`${line}\n${line}\n`))

  it.each<[string, unknown, string]>([
    ['NaN', ['a', NaN], 'the number NaN, which JSON cannot hold: map it to null'],
    ['infinity', -Infinity, 'the number -Infinity'],
    ['a bigint', { n: 1n }, 'the bigint 1n, which JSON cannot hold: map it to a string'],
    ['a Map', [new Map([['a', 1]])], 'a Map, which JSON cannot hold: map it to an array'],
    ['a Set', new Set([1]), 'a Set'],
    ['bytes', ['a', Uint8Array.of(1)], 'map bytes to base64'],
    ['a function', [() => 1], 'a function'],
    ['a function as a row', () => 1, 'a function'],
  ])('refuses %s, which JSON would change without a word', (_name, row, message) => expect(() => formatJsonLines([row])).toThrow(message))

  it('is empty without rows', () => expect(formatJsonLines([])).toHaveLength(0))
})

it('writes text as it is, everything else as JSON', () => expect(text(write(textFile(), ['to be', ['to', 2], null]))).toBe('to be\n["to",2]\nnull\n'))

it('keeps every value in object files', () => {
  const rows = [['a', { n: 1n, at: new Date(5), gap: undefined, bytes: Uint8Array.of(1, 2) }], -0, undefined]
  expect(decodeRows(write(objectFile(), rows))).toEqual(rows)
})

describe('print', () => {
  it.each<[string, readonly unknown[], number, readonly string[]]>([
    ['fewer rows', [['be', 2], 'text'], 10, ['["be",2]', 'text']],
    ['as many', [1, 2], 2, ['1', '2']],
    ['more', [1, 2, 3], 2, ['1', '2', '...']],
    ['none', [], 10, []],
    ['what JSON cannot hold', [NaN, 5n, new Map([['a', 1]])], 10, ['NaN', '5n', "Map(1) { 'a' => 1 }"]],
  ])('shows %s', (_name, rows, num, lines) => {
    expect(formatPrint(rows, num, 1_764_000_010_000)).toBe(
      ['-------------------------------------------', 'Time: 1764000010000 ms', '-------------------------------------------', ...lines, '', ''].join('\n'),
    )
  })
})
