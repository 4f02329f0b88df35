import { zstdDecompressSync } from 'node:zlib'
import { parquetMetadata, parquetReadObjects, parquetSchema } from 'hyparquet'
import { expect, it } from 'vitest'
import { parquetFile } from '../../lib/formats/parquet/index.ts'

const columns = { i: 'integer', r: 'real', t: 'text', b: 'boolean', at: 'timestamp', j: 'json', raw: 'blob' } as const

async function write(rows: readonly unknown[]): Promise<ArrayBuffer> {
  const format = parquetFile({ columns })
  await format.load?.()
  const bytes = format.write(rows.map((row) => format.prepare(row)))
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
}

const read = (file: ArrayBuffer): Promise<Record<string, unknown>[]> =>
  parquetReadObjects({ file, utf8: false, compressors: { ZSTD: (bytes) => new Uint8Array(zstdDecompressSync(bytes)) } })

const nothing = { i: null, r: null, t: null, b: null, at: null, j: null, raw: null }

it('is read back by hyparquet as it was', async () => {
  const rows = [
    { i: 1, r: 1.5, t: 'to be', b: true, at: new Date(1_795_605_160_123), j: { a: [1] }, raw: Uint8Array.of(0, 255) },
    { i: 2n ** 62n, r: -0, t: '', b: false, at: 5, j: 'x', raw: new Uint8Array(0) },
    nothing,
    { ...nothing, i: -(2 ** 53) + 1, r: NaN, t: '\u{1f600}' },
  ]
  const back = await read(await write(rows))
  expect(back[0]).toEqual({ i: 1n, r: 1.5, t: 'to be', b: true, at: new Date(1_795_605_160_123), j: '{"a":[1]}', raw: Uint8Array.of(0, 255) })
  expect(back[1]).toMatchObject({ i: 2n ** 62n, t: '', b: false, at: new Date(5), j: '"x"' })
  expect(Object.is(back[1]?.['r'], -0)).toBe(true)
  expect(back[2]).toEqual(nothing)
  expect(back[3]).toMatchObject({ i: -(2n ** 53n) + 1n, r: NaN, t: '\u{1f600}' })
})

it('has the declared types, whatever a batch holds', async () => {
  const schemaOf = async (rows: readonly unknown[]): Promise<unknown> =>
    parquetSchema(parquetMetadata(await write(rows))).children.map(({ element: { name, type, converted_type, repetition_type } }) => [
      name,
      type,
      converted_type,
      repetition_type,
    ])
  const expected = [
    ['i', 'INT64', undefined, 'OPTIONAL'],
    ['r', 'DOUBLE', undefined, 'OPTIONAL'],
    ['t', 'BYTE_ARRAY', 'UTF8', 'OPTIONAL'],
    ['b', 'BOOLEAN', undefined, 'OPTIONAL'],
    ['at', 'INT64', 'TIMESTAMP_MILLIS', 'OPTIONAL'],
    ['j', 'BYTE_ARRAY', 'UTF8', 'OPTIONAL'],
    ['raw', 'BYTE_ARRAY', undefined, 'OPTIONAL'],
  ]
  expect(await schemaOf([nothing])).toEqual(expected)
  expect(await schemaOf([{ i: 1, r: 1, t: 'x', b: true, at: 0, j: 1, raw: Uint8Array.of(1) }])).toEqual(expected)
  expect(await schemaOf([{ ...nothing, i: 2 ** 40, r: 1.5 }])).toEqual(expected)
})

it('is the same bytes for the same rows, and one row group', async () => {
  const rows = Array.from({ length: 5_000 }, (_, i) => ({ ...nothing, i, t: `word ${i % 97}` }))
  const [one, other] = [await write(rows), await write(rows)]
  expect(Buffer.from(one).equals(Buffer.from(other))).toBe(true)
  expect(parquetMetadata(one).row_groups).toHaveLength(1)
  expect((await read(one)).map(({ i }) => Number(i))).toEqual(rows.map(({ i }) => i))
})

it('refuses a row that does not fit before any of the file is made', () => {
  expect(() => parquetFile({ columns }).prepare({ ...nothing, at: new Date(NaN) })).toThrow("column 'at' is a Date (Invalid Date)")
})
