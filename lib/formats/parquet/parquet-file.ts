import { checkColumns, rowReader, type Columns, type ColumnValue } from '../../values/columns.ts'
import { notInReceive } from '../../values/in-receive.ts'
import { loadPeer } from '../../values/load-peer.ts'
import type { FileFormat } from '../file-format.ts'

type Writer = typeof import('./write-parquet.ts')
let writer: Writer | undefined

/**
 * Returns the format of Parquet files: zstd, every column nullable, integer as INT64, real as DOUBLE, text and json as strings, timestamp as milliseconds in UTC, blob as bytes.
 * Needs the package hyparquet-writer, at the version that Millrace names.
 * @example
 * counts.saveAsFiles('counts', parquetFile({ columns: { key: 'text', value: 'integer' } }), { layout: 'day' })
 */
export function parquetFile<const C extends Columns>({ columns }: { readonly columns: C }): FileFormat<C> {
  if (!import.meta.inReceive) checkColumns(columns, 'parquetFile')
  return {
    name: 'parquet',
    suffix: 'parquet',
    columns,
    params: { columns: JSON.stringify(columns) },
    load: async () => {
      writer ??= await loadPeer('parquetFile', 'hyparquet-writer', () => (import.meta.inReceive === true ? undefined : import('./write-parquet.ts')))
    },
    prepare: import.meta.inReceive ? notInReceive : rowReader(columns),
    write: import.meta.inReceive
      ? notInReceive
      : (rows) => {
          if (writer === undefined) throw new Error('parquetFile: write before load')
          return writer.writeParquet(columns, rows as readonly (readonly ColumnValue[])[])
        },
  }
}
