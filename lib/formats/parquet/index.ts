// The entry millrace/parquet, name by name.
export { parquetFile } from './parquet-file.ts'
