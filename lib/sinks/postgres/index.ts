// The entry millrace/postgres, name by name.
export { type PostgresConnection, secret } from './connection.ts'
export { postgres, type PostgresOptions, type PostgresTimeouts } from './postgres.ts'
