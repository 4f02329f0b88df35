import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { SinkBatch } from '../../dstream/sink.ts'
import type { Columns } from '../../values/columns.ts'
import { MillraceError } from '../../values/errors.ts'
import { columnArrays, type Values } from './column-arrays.ts'
import { resolveConnection, type PostgresConnection } from './connection.ts'
import type { PostgresTimeouts } from './postgres.ts'
import { blamedColumn, describeRow, explain, isRefusal, isWorthAnotherTry, mayExist } from './refusals.ts'
import { statements, type Statements } from './statements.ts'

interface WriterOptions {
  /** For errors. */
  readonly who: string
  readonly name: string
  readonly connection: PostgresConnection
  readonly table: string
  readonly columns: Columns
  /** Rows are overwritten by the column `key`. */
  readonly keyed: boolean
  /** A row that the table refuses is left out. */
  readonly skips: boolean
  readonly timeouts: Required<PostgresTimeouts>
}

/** Rows of one statement: a batch's are sent in parts, so that no message is larger than memory bears. */
const ROWS_AT_ONCE = 10_000
/** Of a transaction that met another one, or lost its connection: all of it is done again, and the claim tells what is there. */
const MAX_TRIES = 4
const FIRST_PAUSE_MS = 50
const CONNECT_MS = 10_000

/** Whether it keeps the process alive is not in its types. */
type Client = pg.Client & { ref(): void; unref(): void }

/** Writes batches into a table over one connection, transaction after transaction. */
export class PostgresWriter {
  readonly #options: WriterOptions
  readonly #sql: Statements
  #client: Client | undefined
  /** Tasks of one process take turns. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: WriterOptions) {
    this.#options = options
    this.#sql = statements(options)
  }

  /** Makes the tables where they are not there, and looks whether they fit. */
  prepare(): Promise<void> {
    return this.#transaction(undefined, async (client) => {
      if (!(await this.#exists(client, this.#sql.table))) await this.#create(this.#sql.createTable)
      if (!this.#options.keyed && !(await this.#exists(client, this.#sql.batches))) await this.#create(this.#sql.createBatches)
      await this.#checkColumns(client)
    })
  }

  async write(rows: readonly Values[], batch: SinkBatch): Promise<void> {
    this.#checkKeys(rows, batch)
    const refused: Refused[] = []
    try {
      await this.#transaction(batch.signal, (client) => this.#writeAll(client, rows, batch))
    } catch (error) {
      if (!isRefusal(error)) throw error
      // One of the rows is to blame, and the transaction is lost: in the next one it is looked for.
      await this.#transaction(batch.signal, async (client) => {
        refused.length = 0
        await this.#writeAll(client, rows, batch, refused)
        const [first] = refused
        if (first !== undefined && !this.#options.skips) throw this.#refusal(first, refused.length)
      })
    }
    for (const one of refused) batch.refuse(one.row, this.#refusal(one, 1))
  }

  /** `refused`: rows are tried one by one where together they are refused, and those that are go there. */
  async #writeAll(client: Client, rows: readonly Values[], batch: SinkBatch, refused?: Refused[]): Promise<void> {
    if (!this.#options.keyed) {
      const { job, run, partitions, partition, time } = batch
      const claimed = await client.query(this.#sql.claim, [job, run, this.#options.name, partitions, partition, time.milliseconds])
      if (claimed.rowCount === 0) return
    }
    for (let i = 0; i < rows.length; i += ROWS_AT_ONCE) {
      const some = rows.slice(i, i + ROWS_AT_ONCE)
      if (refused === undefined) await this.#insert(client, some, batch)
      else await this.#insertCarefully(client, some, batch, refused)
    }
  }

  async #insert(client: Client, rows: readonly Values[], { run, time }: SinkBatch): Promise<void> {
    const arrays = columnArrays(this.#options.columns, rows)
    await client.query(this.#sql.insert, this.#options.keyed ? [...arrays, run, time.milliseconds] : [...arrays])
  }

  async #insertCarefully(client: Client, rows: readonly Values[], batch: SinkBatch, refused: Refused[]): Promise<void> {
    const error = await this.#tryInsert(client, rows, batch)
    if (error === undefined) return
    const [row] = rows
    if (rows.length === 1 && row !== undefined) {
      refused.push({ row, error, column: await this.#columnToBlame(client, row, batch, error) })
      return
    }
    const middle = rows.length >> 1
    for (const half of [rows.slice(0, middle), rows.slice(middle)]) await this.#insertCarefully(client, half, batch, refused)
  }

  /** Returns why the table refuses these rows; undefined: it takes them. */
  async #tryInsert(
    client: Client,
    rows: readonly Values[],
    batch: SinkBatch,
    then: 'release' | 'rollback to' = 'release',
  ): Promise<pg.DatabaseError | undefined> {
    await client.query('savepoint millrace')
    try {
      await this.#insert(client, rows, batch)
      await client.query(`${then} savepoint millrace`)
      return undefined
    } catch (error) {
      if (!isRefusal(error)) throw error
      await client.query('rollback to savepoint millrace')
      return error
    }
  }

  /** The server says it of some errors; of the others, it is the column without whose value there is another answer. */
  async #columnToBlame(client: Client, row: Values, batch: SinkBatch, error: pg.DatabaseError): Promise<string | undefined> {
    const told = blamedColumn(error)
    if (told !== undefined) return told
    for (const [i, name] of Object.keys(this.#options.columns).entries()) {
      if (row[i] === null) continue
      const other = await this.#tryInsert(client, [row.with(i, null)], batch, 'rollback to')
      if (other?.code !== error.code) return name
    }
    return undefined
  }

  #refusal({ row, error, column }: Refused, rows: number): MillraceError {
    const { who, table, columns, skips } = this.#options
    return new MillraceError(
      'STORE_FAILED',
      `${who}: table ${table} refuses ${rows === 1 ? 'a row' : `${rows} rows, the first of them`} ${describeRow(columns, row)}${column === undefined ? '' : `, for its column '${column}'`}: ${explain(error)}${skips ? '' : "; change the table, or filter such rows out; with refused: 'skip' they are logged and left out"}`,
      { cause: error },
    )
  }

  /** Of two rows with one key in a batch neither is newer: which one stays would be chance. */
  #checkKeys(rows: readonly Values[], batch: SinkBatch): void {
    if (!this.#options.keyed) return
    const at = Object.keys(this.#options.columns).indexOf('key')
    const seen = new Set<unknown>()
    for (const row of rows) {
      const key = row[at]
      const text = key instanceof Uint8Array ? Buffer.from(key).toString('hex') : String(key)
      if (seen.has(text))
        throw new MillraceError(
          'BAD_VALUE',
          `${this.#options.who}: two rows of batch ${batch.time.milliseconds} have the key ${JSON.stringify(text.slice(0, 200))}, and the later batch wins, not the later row: make them one with reduceByKey before saveTo, or leave out \`key\` to append them`,
        )
      seen.add(text)
    }
  }

  async #exists(client: Client, table: string): Promise<boolean> {
    const { rows } = await client.query<{ readonly found: boolean }>('select to_regclass($1) is not null as found', [table])
    return rows[0]?.found === true
  }

  /** Over a connection of its own: two processes that do it at once would spoil the other's transaction. */
  async #create(sql: string): Promise<void> {
    const client = await this.#connect()
    try {
      await client.query(sql)
    } catch (error) {
      if (mayExist(error)) return
      throw new MillraceError('STORE_FAILED', `${this.#options.who}: cannot make its table: ${explain(error)}; let somebody run: ${sql}`, { cause: error })
    } finally {
      await client.end().catch(() => {})
    }
  }

  async #checkColumns(client: Client): Promise<void> {
    const { who, table } = this.#options
    const { rows } = await client.query<{ readonly name: string }>(
      'select attname as name from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped',
      [this.#sql.table],
    )
    const has = new Set(rows.map(({ name }) => name))
    const missing = Object.entries(this.#sql.needs).filter(([name]) => !has.has(name))
    if (missing.length > 0)
      throw new MillraceError(
        'STORE_FAILED',
        `${who}: table ${table} has no column ${missing.map(([name]) => `'${name}'`).join(', ')}; it has ${[...has].join(', ')}: alter table ${this.#sql.table} ${missing.map(([name, type]) => `add column "${name}" ${type}`).join(', ')}`,
      )
  }

  #transaction<T>(signal: AbortSignal | undefined, work: (client: Client) => Promise<T>): Promise<T> {
    const mine = this.#turn.then(() => this.#tries(signal, work))
    this.#turn = mine.catch(() => {})
    return mine
  }

  async #tries<T>(signal: AbortSignal | undefined, work: (client: Client) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once(signal, work)
      } catch (error) {
        if (isRefusal(error) || error instanceof MillraceError) throw error
        if (tries === MAX_TRIES || signal?.aborted === true || !isWorthAnotherTry(error))
          throw new MillraceError('STORE_FAILED', `${this.#options.who}: ${explain(error)}`, { cause: error })
        await sleep(FIRST_PAUSE_MS * 2 ** tries)
      }
    }
  }

  async #once<T>(signal: AbortSignal | undefined, work: (client: Client) => Promise<T>): Promise<T> {
    signal?.throwIfAborted()
    const client = (this.#client ??= await this.#connect())
    const { statementMs, lockMs, idleMs } = this.#options.timeouts
    const abort = (): void => void this.#drop(client)
    // A connection keeps the process alive while it is in use, and then only.
    client.ref()
    signal?.addEventListener('abort', abort)
    try {
      // In every transaction: a pooler may have given the connection to somebody else in between.
      await client.query(
        `begin isolation level read committed; set local statement_timeout = ${statementMs}; set local lock_timeout = ${lockMs}; set local idle_in_transaction_session_timeout = ${idleMs}`,
      )
      const result = await work(client)
      await client.query('commit')
      return result
    } catch (error) {
      // Whatever state it is in, the server rolls back with the connection's end.
      await this.#drop(client)
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', abort)
      client.unref()
    }
  }

  async #connect(): Promise<Client> {
    const { connection, who } = this.#options
    const found = await resolveConnection(connection, who)
    const client = new pg.Client({ connectionTimeoutMillis: CONNECT_MS, keepAlive: true, application_name: who, ...found }) as Client
    // Of a connection that ends while nobody asks anything. The next transaction makes another.
    client.on('error', () => void this.#drop(client))
    client.on('end', () => void this.#drop(client))
    try {
      await client.connect()
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    return client
  }

  async #drop(client: Client): Promise<void> {
    if (this.#client === client) this.#client = undefined
    await client.end().catch(() => {})
  }
}

interface Refused {
  readonly row: Values
  readonly error: pg.DatabaseError
  readonly column: string | undefined
}
