import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, describe, expect, it } from 'vitest'
import { csvFile } from '../../lib/formats/csv-file.ts'
import { parquetFile } from '../../lib/formats/parquet/index.ts'
import { defineJob, json, seconds, type DStream } from '../../lib/index.ts'
import { sql, table } from '../../lib/sql/index.ts'
import { csvTable, jsonTable, parquetTable } from '../../lib/tables/index.ts'
import { runBatches } from '../../lib/testing/index.ts'

// A table's files are the project's: below the folder in which the tests run.
const folder = mkdtempSync('.tables-test-')
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const fileOf = (ending: string, content: string | Uint8Array): string => {
  const path = join(folder, `${files++}.${ending}`)
  writeFileSync(path, content)
  return path
}

const columns = { id: 'integer', r: 'real', t: 'text', ok: 'boolean', at: 'timestamp', j: 'json', raw: 'blob' } as const
const all = { key: 'id', columns } as const
const at = new Date('2026-01-31T10:00:00.123Z')
const rows = [
  { id: 1, r: 1.5, t: 'a "b",\r\nc', ok: true, at, j: { a: [1, null] }, raw: Uint8Array.of(0, 255) },
  { id: -2, r: -0.25, t: '', ok: false, at: new Date(0), j: 'x', raw: new Uint8Array(0) },
  { id: 2 ** 53 - 1, r: null, t: null, ok: null, at: null, j: null, raw: null },
]
const pairs = rows.map((row) => [row.id, row])

const written = async (format: ReturnType<typeof csvFile>): Promise<Uint8Array> => {
  await format.load?.()
  return format.write(rows.map((row) => format.prepare(row)))
}

describe('a table is read as it was written', () => {
  it('from CSV, also compressed', async () => {
    const bytes = await written(csvFile({ columns }))
    expect(await csvTable(fileOf('csv', bytes), all)()).toEqual(pairs)
    expect(await csvTable(fileOf('csv.gz', gzipSync(bytes)), all)()).toEqual(pairs)
    expect(await csvTable(fileOf('csv.zst', zstdCompressSync(bytes)), all)()).toEqual(pairs)
    expect(
      await csvTable(fileOf('csv', await written(csvFile({ columns, header: false, delimiter: ';' }))), { ...all, header: false, delimiter: ';' })(),
    ).toEqual(pairs)
  })
  it('from Parquet', async () => {
    expect(await parquetTable(fileOf('parquet', await written(parquetFile({ columns }))), all)()).toEqual(pairs)
  })
  it('from Parquet of another writer, with columns that nobody declared', async () => {
    const bytes = parquetWriteBuffer({
      columnData: [
        { name: 'other', data: ['x', 'y'], type: 'STRING' },
        { name: 'id', data: [7, 8], type: 'INT32' },
        { name: 'r', data: [1.5, -2], type: 'FLOAT' },
      ],
    })
    const found = await parquetTable(fileOf('parquet', new Uint8Array(bytes)), { key: 'id', columns: { id: 'integer', r: 'real' } })()
    expect(found).toEqual([
      [7, { id: 7, r: 1.5 }],
      [8, { id: 8, r: -2 }],
    ])
  })
  it('from JSON: an array, or lines', async () => {
    const text = rows.map((row) => JSON.stringify({ ...row, raw: row.raw && Buffer.from(row.raw).toString('base64'), more: 1 }))
    expect(await jsonTable(fileOf('json', `\ufeff [${text.join(',\n')}]`), all)()).toEqual(pairs)
    expect(await jsonTable(fileOf('jsonl', `${text.join('\n\n')}\n`), all)()).toEqual(pairs)
  })
})

describe('timestamps in a file', () => {
  const read = async (text: string): Promise<unknown> =>
    [...(await csvTable(fileOf('csv', `k,at\n1,${text}\n`), { key: 'k', columns: { k: 'text', at: 'timestamp' } })())][0]?.[1].at
  it.each([
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31 10:00', '2026-01-31T10:00:00.000Z'],
    ['2026-01-31 10:00:00.5', '2026-01-31T10:00:00.500Z'],
    ['2026-01-31T10:00:00+02:00', '2026-01-31T08:00:00.000Z'],
  ])('%s', async (text, expected) => expect(await read(text)).toEqual(new Date(expected)))
  it.each(['2026-02-30', '2026-13-01', '31.01.2026', '1769853600', '2026-01-31 25:00'])('not %s', (text) =>
    expect(read(text)).rejects.toThrow(`line 2, column 'at': it is the string "${text}"`),
  )
})

describe('what cannot be a table is refused', () => {
  const plan = { key: 'user', columns: { user: 'text', n: 'integer' } } as const
  it.each([
    [
      'a value that does not fit',
      'user,n\nann,1\nbob,x\n',
      /csvTable '.*', line 3, column 'n': it is the string "x"; a column of type integer holds whole numbers/,
    ],
    ['after a field of two lines', 'user,n\n"a\nb",1\nbob,1.5\n', /, line 4, column 'n': /],
    ['in a field of two lines', 'user,n\nann,1\n"a\nb",1.5\n', /, line 3, column 'n': /],
    ['an integer that no number holds', 'user,n\nann,9007199254740993\n', /, line 2, column 'n': /],
    ['a doubled key', 'user,n\nann,1\nbob,2\nann,3\n', /, line 4, column 'user': the string "ann" is a key already, in line 2/],
    ['no key', 'user,n\n,1\n', /, line 2, column 'user': there is no value/],
    ['equal headers', 'user,n,user\nann,1,2\n', /, line 1: columns 1 and 3 are both called the string "user"/],
    ['a column that is not there', 'user,m\nann,1\n', /, line 1: there is no column 'n'; there are 'user', 'm'/],
    ['a row that is too short', 'user,n\nann\n', /expect 2, got 1 on line 2/],
    ['a quote that stays open', 'user,n\n"ann,1\n', /Quote Not Closed.* line 2/],
    ['an empty file', '', /there is no column 'user'; there are none/],
  ])('%s', async (_name, text, message) => {
    await expect(csvTable(fileOf('csv', text), plan)()).rejects.toThrow(message)
  })
  it('bytes that are no UTF-8', async () => {
    await expect(csvTable(fileOf('csv', Uint8Array.of(0xff, 0xfe)), plan)()).rejects.toThrow('is not UTF-8')
  })
  it('rows that are wider than the columns, without a header', async () => {
    await expect(csvTable(fileOf('csv', 'ann,1,2\n'), { ...plan, header: false })()).rejects.toThrow('line 1: it has 3 fields, and 2 columns are declared')
  })
  it.each([
    ['a value that does not fit', '[{"user":"ann","n":1},{"user":"bob","n":"2"}]', /, element 2, column 'n': it is the string "2"/],
    ['a column that is not there', '{"user":"ann","n":1}\n{"user":"bob"}', /, line 2, column 'n': it is not there/],
    ['what is no object', '{"user":"ann","n":1}\n7', /, line 2: the number 7 is there/],
    ['what is no JSON', '{"user":"ann","n":1}\n{', /, line 2 is no JSON/],
  ])('JSON: %s', async (_name, text, message) => {
    await expect(jsonTable(fileOf('json', text), plan)()).rejects.toThrow(message)
  })
  it('a Parquet file that is none, or has not the column', async () => {
    await expect(parquetTable(fileOf('parquet', 'user,n'), plan)()).rejects.toThrow(/parquetTable '.*' cannot be read/)
    const bytes = parquetWriteBuffer({ columnData: [{ name: 'user', data: ['ann'], type: 'STRING' }] })
    await expect(parquetTable(fileOf('parquet', new Uint8Array(bytes)), plan)()).rejects.toThrow(/column.*n/)
  })
  it('when planned: a key that is no column, or none that can be, and a path that is none', () => {
    expect(() => csvTable('a.csv', { ...plan, key: 'm' as 'n' })).toThrow('its key is the string "m"; it is one of its columns')
    expect(() => csvTable('a.csv', { key: 'at' as 'n', columns: { at: 'timestamp' } as never })).toThrow('of type timestamp; it is one of its columns')
    expect(() => csvTable('a.csv', { key: 'n', columns: { n: 'integer', key: 'text' } })).toThrow("'key' means the key everywhere")
    expect(() => csvTable('s3://bucket', plan)).toThrow('s3://bucket/key')
    expect(() => jsonTable('', plan)).toThrow('a path in the project')
  })
})

it('brings its columns into SQL, and is joined by its key, or by a function of the row', async () => {
  const path = fileOf('csv', 'id,name,since\n1,lamp,2026-01-01\n2,rug,2026-02-01\n')
  const bids = [
    { auction: 1, price: 2 },
    { auction: 2, price: 5 },
    { auction: 1, price: 3 },
    { auction: 9, price: 1 },
  ]
  const job = defineJob({ name: 'tables', batchInterval: seconds(1) }, (ssc) => {
    const auctions = ssc.staticTable('auctions', csvTable(path, { key: 'id', columns: { id: 'integer', name: 'text', since: 'timestamp' } }))
    const stream = ssc.kinesisStream('bids', json()) as unknown as DStream<(typeof bids)[number]>
    stream
      .joinTable(auctions, ({ auction }) => auction)
      .map(([{ price }, { name }]) => ({ price, name }))
      .saveAsJsonFiles('by-function')
    stream
      .leftOuterJoinTable(auctions, ({ auction }) => auction)
      .map(([{ price }, found]) => ({ price, name: found?.name ?? null }))
      .saveAsJsonFiles('outer')
    sql(
      ssc,
      { bids: table(stream, { auction: 'integer', price: 'real' }), auctions: table(auctions) },
      `
      select a.key, a.name, a.since, sum(price) as total from bids b join auctions a on a.name = case b.auction when 1 then 'lamp' else 'rug' end
      group by a.key order by a.key`,
    ).saveAsJsonFiles('sql')
  })
  const result = await runBatches(job, { bids: [bids] })
  const byPrice = (rows: readonly unknown[] | undefined): unknown[] =>
    [...(rows ?? [])].sort((a, b) => (a as { price: number }).price - (b as { price: number }).price)
  expect(byPrice(result.json('by-function')[0]?.rows)).toEqual([
    { price: 2, name: 'lamp' },
    { price: 3, name: 'lamp' },
    { price: 5, name: 'rug' },
  ])
  expect(byPrice(result.json('outer')[0]?.rows)[0]).toEqual({ price: 1, name: null })
  expect(result.json('sql')[0]?.rows).toEqual([
    { key: 1, name: 'lamp', since: '2026-01-01 00:00:00.000', total: 5 },
    { key: 2, name: 'rug', since: '2026-02-01 00:00:00.000', total: 6 },
  ])
})
