import { parse } from 'csv-parse/sync'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { csvFile, jsonLinesFile } from '../../lib/index.ts'

const write = (format: { prepare(row: unknown): unknown; write(rows: readonly unknown[]): Uint8Array }, rows: readonly unknown[]): Buffer =>
  Buffer.from(format.write(rows.map((row) => format.prepare(row))))

const nasty = ['plain', '', 'a,b', 'a;b', 'say "hi"', 'two\nlines', 'two\r\nlines', '\rx', ' spaced ', "'", '\u{1f600} é', '=1+1', '""', ',', '\t']

describe('csvFile', () => {
  it('writes what RFC 4180 says', () => {
    const format = csvFile({ columns: { key: 'text', value: 'real' } })
    expect(
      write(format, [
        ['a "quoted", text', 1.5],
        ['', null],
      ]).toString(),
    ).toBe('key,value\r\n"a ""quoted"", text",1.5\r\n"",\r\n')
  })

  it.each([',', ';', '\t', '|', '€'])('is read back by csv-parse, with the delimiter %j', (delimiter) => {
    const format = csvFile({ columns: { text: 'text', n: 'integer' }, delimiter })
    const rows = nasty.map((text, n) => ({ text, n }))
    expect(parse(write(format, rows), { columns: true, delimiter, record_delimiter: '\r\n' })).toEqual(rows.map(({ text, n }) => ({ text, n: String(n) })))
  })

  it('writes every type as text that says the value whole', () => {
    const columns = { i: 'integer', big: 'integer', r: 'real', b: 'boolean', t: 'timestamp', j: 'json', raw: 'blob', none: 'text' } as const
    const row = { i: -3, big: 2n ** 62n, r: 0.1, b: true, t: new Date(5), j: { a: [1, '"'] }, raw: Uint8Array.of(255, 0), none: null }
    const [record] = parse(write(csvFile({ columns }), [row]), { columns: true }) as Record<string, string>[]
    expect(record).toEqual({
      i: '-3',
      big: '4611686018427387904',
      r: '0.1',
      b: 'true',
      t: '1970-01-01T00:00:00.005Z',
      j: '{"a":[1,"\\""]}',
      raw: '/wA=',
      none: '',
    })
  })

  it('of one column loses no empty row', () => {
    const format = csvFile({ columns: { value: 'text' }, header: false })
    expect(parse(write(format, ['a', null, 'b']), { skip_empty_lines: true })).toEqual([['a'], [''], ['b']])
  })

  it('makes harmless what a spreadsheet would execute, on request, and leaves numbers alone', () => {
    const columns = { text: 'text', n: 'integer' } as const
    const formulas = ['=cmd()', '+1', '-1', '@x', '\tx', '\rx', '=a,"b"']
    const rows = formulas.map((text) => ({ text, n: -1 }))
    const read = (safe: boolean): readonly string[][] =>
      parse(write(csvFile({ columns, spreadsheetSafe: safe, header: false }), rows), { record_delimiter: '\r\n' })
    expect(read(true)).toEqual(formulas.map((text) => [`'${text}`, '-1']))
    expect(read(false)).toEqual(formulas.map((text) => [text, '-1']))
  })

  it.each<[string, unknown, string]>([
    ['a missing column', { n: 1 }, "no column 'word'"],
    ['another type', { word: 1, n: 1 }, "column 'word' is the number 1; a column of type text takes strings"],
    ['2^53', { word: '', n: 2 ** 53 }, "column 'n' is the number 9007199254740992"],
    ['a lone surrogate', { word: '\ud83d', n: 1 }, "column 'word'"],
  ])('refuses %s', (_what, row, message) => {
    expect(() => csvFile({ columns: { word: 'text', n: 'integer' } }).prepare(row)).toThrow(message)
  })

  it.each<[object, string]>([
    [{ columns: {} }, 'csvFile: its columns'],
    [{ columns: { a: 'text' }, delimiter: '"' }, 'the delimiter is the string'],
    [{ columns: { a: 'text' }, delimiter: ', ' }, 'it is one character'],
    [{ columns: { a: 'text' }, compress: 'lzma' }, "compress is the string \"lzma\"; it is 'gzip' or 'zstd'"],
  ])('is refused with %o', (options, message) => {
    expect(() => csvFile(options as Parameters<typeof csvFile>[0])).toThrow(message)
  })
})

it('lines are compressed, and named so', () => {
  const [plain, gzip, zstd] = [jsonLinesFile(), jsonLinesFile({ compress: 'gzip' }), jsonLinesFile({ compress: 'zstd' })]
  const rows = [['a', 1], { b: 2 }]
  const text = '["a",1]\n{"b":2}\n'
  expect([plain, gzip, zstd].map(({ suffix }) => suffix)).toEqual(['jsonl', 'jsonl.gz', 'jsonl.zst'])
  expect(write(plain, rows).toString()).toBe(text)
  expect(gunzipSync(write(gzip, rows)).toString()).toBe(text)
  expect(zstdDecompressSync(write(zstd, rows)).toString()).toBe(text)
  expect(write(gzip, rows)).toEqual(write(gzip, rows))
})
