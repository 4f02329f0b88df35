// The server of test:sinks (localstack/postgres): databases of their own, and the contract's subjects over it.
import { postgres, type PostgresOptions } from 'millrace/postgres'
import { openFaultyLink, type SinkProcess, type SinkRow, type SinkSubject, type SinkTarget } from 'millrace/testing'
import type { Columns, Sink } from 'millrace'
import pg from 'pg'

export { script } from './script.ts'
export const PORT = Number(process.env['POSTGRES_PORT'] ?? 15432)
export const HOST = '127.0.0.1'
export const urlOf = (database: string, port = PORT): string => `postgres://millrace:millrace@${HOST}:${port}/${database}`

/** Short, so that who waits for one that stands still gets through soon. */
export const TIMEOUTS = { statementMs: 5_000, lockMs: 800, idleMs: 400 }

export async function query<R extends object>(database: string, sql: string, values: readonly unknown[] = []): Promise<readonly R[]> {
  const client = new pg.Client({ connectionString: urlOf(database) })
  await client.connect()
  try {
    return (await client.query<R>(sql, [...values])).rows
  } finally {
    await client.end()
  }
}

let databases = 0
/** Returns the name of a new database. */
export async function newDatabase(): Promise<string> {
  const name = `t${process.pid}_${++databases}`
  await query('postgres', `create database ${name}`)
  return name
}

/** A sink over a connection to this database. */
export function sinkOf<const C extends Columns>(database: string, options: Omit<PostgresOptions<C>, 'connection'>, port?: number): Sink<unknown> {
  return postgres<C>({ timeouts: TIMEOUTS, ...options, connection: () => urlOf(database, port) })
}

/** The contract's subject: pairs of a text and a number, appended or overwritten. */
export function subjectOf(keeps: SinkSubject['keeps']): SinkSubject {
  return {
    keeps,
    guarantee: 'exactly-once',
    target: async (): Promise<SinkTarget> => {
      const database = await newDatabase()
      return {
        open: async ({ fault, name } = {}): Promise<SinkProcess> => {
          const link = await openFaultyLink({ host: HOST, port: PORT }, fault)
          const columns = { key: 'text', value: 'integer' } as const
          const sink = sinkOf(
            database,
            { table: 'totals', columns, ...(name === undefined ? {} : { name }), ...(keeps === 'newest' ? { key: 'key' as const } : {}) },
            link.port,
          )
          return { sink, reached: link.reached, resume: link.resume, close: link.close }
        },
        read: async () => {
          const [there] = await query<{ readonly there: boolean }>(database, "select to_regclass('totals') is not null as there")
          if (there?.there !== true) return []
          const rows = await query<{ readonly key: string; readonly value: string }>(database, 'select key, value from totals')
          return rows.map(({ key, value }): SinkRow => [key, Number(value)])
        },
      }
    },
  }
}
