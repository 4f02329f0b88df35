// SQL on batches: millrace/sql.
export { sql } from './sql.ts'
export type { SqlOptions } from './sql-options.ts'
export type { ReturnType } from './sql-value.ts'
export { type SqlTable, table } from './table.ts'
export type { UserFunction } from './functions/define-functions.ts'
