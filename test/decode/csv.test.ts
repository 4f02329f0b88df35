import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csv, type CsvOptions } from '../../lib/decode/csv.ts'
import type { RecordMeta } from '../../lib/decode/decoder.ts'
import { time } from '../../lib/values/time.ts'

const meta: RecordMeta = { stream: 's', shardId: 'shardId-000000000000', sequenceNumber: '1', partitionKey: 'k', arrivalTime: time(0) }
const make = csv as unknown as (options: CsvOptions) => ReturnType<typeof csv>

/** Each row, or the error that it is. */
function rowsOf(options: CsvOptions, record: string): readonly unknown[] {
  const decoder = make(options)
  return Array.from(decoder.split(Buffer.from(record), meta), (part) => {
    try {
      return decoder.decodeRow(part, meta)
    } catch (error) {
      return (error as Error).message
    }
  })
}

const AB: CsvOptions = { columns: ['a', 'b'] }
test.each<readonly [string, CsvOptions, string, readonly unknown[]]>([
  ['a line', AB, '1,2', [{ a: '1', b: '2' }]],
  [
    'lines that end in CRLF, and a blank one',
    AB,
    '1,2\r\n\r\n3,4\r\n',
    [
      { a: '1', b: '2' },
      { a: '3', b: '4' },
    ],
  ],
  [
    'quotes, delimiters and line breaks within quotes',
    AB,
    '"say ""hi""","x,y"\n"two\r\nlines",z',
    [
      { a: 'say "hi"', b: 'x,y' },
      { a: 'two\r\nlines', b: 'z' },
    ],
  ],
  [
    'empty fields',
    AB,
    ',\n"",',
    [
      { a: '', b: '' },
      { a: '', b: '' },
    ],
  ],
  ['blanks, which belong to a field', AB, ' 1 , 2 ', [{ a: ' 1 ', b: ' 2 ' }]],
  ['a quote within a field that is not quoted', AB, '5",6', [{ a: '5"', b: '6' }]],
  ['another delimiter', { ...AB, delimiter: ';' }, '1,5;2', [{ a: '1,5', b: '2' }]],
  ['a byte order mark', { header: true }, '\ufeffid,n\n7,1', [{ id: '7', n: '1' }]],
  [
    'the columns of a header',
    { header: true },
    'id,n\n7,1\n8,2',
    [
      { id: '7', n: '1' },
      { id: '8', n: '2' },
    ],
  ],
  ['some columns of a header, wherever they are', { ...AB, header: true }, 'b,c,a\n2,x,1', [{ a: '1', b: '2' }]],
  ['nothing', AB, '', []],
  ['a header alone', { header: true }, 'id,n\n', []],
  ['a name that objects have', { columns: ['__proto__'] }, '1', [JSON.parse('{"__proto__":"1"}')]],
])('csv takes %s', (_what, options, record, rows) => expect(rowsOf(options, record)).toEqual(rows))

test('a bad line is one row that fails, and the others stay', () => {
  expect(rowsOf(AB, '1,2\n3\n"4"x,5\n6,7,8\n9,10')).toEqual([
    { a: '1', b: '2' },
    'record is not CSV as expected: line has 1 fields, and 2 columns are expected',
    'record is not CSV as expected: field 1 goes on behind its closing quote',
    'record is not CSV as expected: line has 3 fields, and 2 columns are expected',
    { a: '9', b: '10' },
  ])
})

test.each<readonly [CsvOptions, string, RegExp]>([
  [AB, '1,"2\n3,4', /the quote at character 3 never closes/],
  [{ ...AB, header: true }, 'a,c\n1,2', /the header has no "b"; it has "a", "c"/],
  [{ header: true }, 'a,a\n1,2', /the header names "a" twice/],
])('%o: %j fails as a whole', (options, record, message) => {
  expect(() => rowsOf(options, record)).toThrow(expect.objectContaining({ code: 'BAD_VALUE', message: expect.stringMatching(message) }))
})

test.each<readonly [CsvOptions, RegExp]>([
  [{}, /csv has no columns/],
  [{ columns: [] }, /different names/],
  [{ columns: ['a', 'a'] }, /different names/],
  [{ columns: ['a'], delimiter: ', ' }, /one character/],
])('%o is refused', (options, message) => {
  expect(() => make(options)).toThrow(expect.objectContaining({ code: 'BAD_PROGRAM', message: expect.stringMatching(message) }))
})

test('reads what csv-parse reads, whatever is in the fields', () => {
  const field = fc.string({ unit: fc.constantFrom('a', 'é', ',', '"', '\n', '\r\n', ' ', ';') })
  fc.assert(
    fc.property(fc.array(fc.tuple(field, field), { maxLength: 5 }), fc.boolean(), (lines, crlf) => {
      const quoted = (text: string): string => (/[,"\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
      const record = lines.map((line) => line.map(quoted).join(',')).join(crlf ? '\r\n' : '\n')
      expect(rowsOf(AB, record)).toEqual(parse(record, { columns: ['a', 'b'], skip_empty_lines: true }))
    }),
  )
})
