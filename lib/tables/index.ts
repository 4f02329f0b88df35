// The entry millrace/tables, name by name.
export { csvTable, type CsvTableOptions } from './csv-table.ts'
export type { DeclaredTable, DeclaredTableOptions } from './declared-table.ts'
export { dynamoTable } from './dynamo-table.ts'
export { jsonTable } from './json-table.ts'
export { parquetTable } from './parquet-table.ts'
