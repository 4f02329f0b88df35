import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { Columns } from '../values/columns.ts'
import { MillraceError } from '../values/errors.ts'
import { loadPeer } from '../values/load-peer.ts'
import { declaredTable, type DeclaredTable, type DeclaredTableOptions, type FoundRow, type KeyOf } from './declared-table.ts'
import { fitText } from './fit-value.ts'
import { needed } from './needed.ts'
import { tableFile } from './table-file.ts'

const COMPRESSORS = { GZIP: ofZlib(gunzipSync), ZSTD: ofZlib(zstdDecompressSync), BROTLI: ofZlib(brotliDecompressSync) }

/**
 * Returns a table for `ssc.staticTable` of a Parquet file, not compressed or by snappy, gzip, zstd, brotli. Only the declared columns are read. Needs the package hyparquet.
 * @example
 * const plans = ssc.staticTable('plans', parquetTable('s3://my-bucket/plans.parquet', { key: 'user', columns: { user: 'text', plan: 'text' } }))
 */
export function parquetTable<const C extends Columns, const N extends KeyOf<C>>(path: string, options: DeclaredTableOptions<C, N>): DeclaredTable<C, N> {
  const file = tableFile('parquetTable', path)
  const { who } = file
  const { columns } = options
  return declaredTable(who, options, async () => {
    const hyparquet = await loadPeer(who, 'hyparquet', () => import('hyparquet').catch(needed))
    const bytes = await file.bytes()
    const buffer = new Uint8Array(bytes).buffer
    const names = Object.keys(columns)
    const rows = await hyparquet.parquetReadObjects({ file: buffer, columns: names, compressors: COMPRESSORS, utf8: false }).catch((cause: unknown) => {
      throw new MillraceError('BAD_PROGRAM', `${who} cannot be read: ${(cause as Error).message}`, { cause })
    })
    return rows.map((row, i): FoundRow => ({
      where: `row ${i + 1}`,
      textual: false,
      value: (column) => {
        const value: unknown = row[column]
        return columns[column] === 'json' && typeof value === 'string' ? (fitText('json', value) ?? value) : value
      },
    }))
  })
}

function ofZlib(unpack: (bytes: Uint8Array) => Uint8Array): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => new Uint8Array(unpack(bytes))
}
