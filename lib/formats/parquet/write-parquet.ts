import { constants, zstdCompressSync } from 'node:zlib'
import { parquetWriteBuffer, type BasicType } from 'hyparquet-writer'
import type { Columns, ColumnType, ColumnValue } from '../../values/columns.ts'

const types: { readonly [type in ColumnType]: BasicType } = {
  integer: 'INT64',
  real: 'DOUBLE',
  text: 'STRING',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP',
  json: 'STRING',
  blob: 'BYTE_ARRAY',
}

/** A file of a batch is small: one row group, but for what no reader should have to hold at once. */
const ROW_GROUP_ROWS = 100_000

/** Returns a Parquet file of rows, each the values of the columns in their order: zstd at level 1, every column nullable, of the type it is declared to have whatever the rows hold. */
export function writeParquet(columns: Columns, rows: readonly (readonly ColumnValue[])[]): Uint8Array {
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: Object.entries(columns).map(([name, type], i) => ({
        name,
        type: types[type],
        nullable: true,
        data: rows.map((row) => stored(row[i], type)),
      })),
      codec: 'ZSTD',
      compressors: { ZSTD: (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }) },
      rowGroupSize: ROW_GROUP_ROWS,
    }),
  )
}

function stored(value: ColumnValue | undefined, type: ColumnType): unknown {
  if (value === null || value === undefined) return null
  if (type === 'integer') return BigInt(value as number | bigint)
  return type === 'timestamp' ? new Date(value as number) : value
}
