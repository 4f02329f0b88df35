// The process that a question runs in: SQLite cannot be interrupted, but a process can be ended. It gets one request and sends one reply.
import { QueryDatabase, type Answer } from '../query/query-database.ts'
import { MAX_READ_BYTES, readTables } from '../query/read-tables.ts'
import { MillraceError } from '../values/errors.ts'
import { withSource, type SourceValues } from './query-source.ts'

export interface QueryRequest {
  readonly job: string
  readonly place: SourceValues
  /** undefined: only what tables there are. */
  readonly sql: string | undefined
  readonly last: number
  readonly sinceMs: number | undefined
}

export interface QueryReply {
  readonly answer: Answer | undefined
  readonly tables: readonly (readonly [name: string, columns: readonly string[]])[]
  readonly bytes: number
  readonly batches: number
  /** Of the state: after which batch it is. */
  readonly stateMs: number | null
  readonly leftOut: readonly string[]
}

export type QueryMessage = { readonly reply: QueryReply } | { readonly error: string; readonly code: string | undefined }

/** Reads a job and answers a question about it. */
export function answer({ job, place, sql, last, sinceMs }: QueryRequest): Promise<QueryReply> {
  return withSource('query', job, place, async ({ log, objects, outputPrefix }) => {
    const tables = await readTables({ job, log, objects, outputPrefix, last, sinceMs, maxBytes: MAX_READ_BYTES })
    const db = new QueryDatabase(tables)
    try {
      return {
        answer: sql === undefined ? undefined : db.ask(sql),
        tables: [...db.schema],
        bytes: tables.bytes,
        batches: tables.batches.length,
        stateMs: tables.states?.timeMs ?? null,
        leftOut: tables.leftOut,
      }
    } finally {
      db.close()
    }
  })
}

if (process.send !== undefined && process.env['MILLRACE_QUERY_CHILD'] === '1') {
  process.once('message', (request: QueryRequest) => {
    answer(request)
      .then((reply): QueryMessage => ({ reply }))
      .catch((error: unknown): QueryMessage =>
        error instanceof MillraceError
          ? { error: error.message, code: error.code }
          : { error: error instanceof Error ? (error.stack ?? error.message) : String(error), code: undefined },
      )
      .then((message) => process.send?.(message, () => process.disconnect()))
      .catch(() => process.exit(1))
  })
}
