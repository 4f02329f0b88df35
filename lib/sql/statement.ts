import type { ReadonlyTable } from '../dstream/node.ts'
import { fieldOf, type ColumnType } from '../values/columns.ts'
import { canonicalOrder } from './canonical-order.ts'
import { openTables, type CheckedStatement, type SqlProgram } from './check-statement.ts'
import type { Environment } from './functions/define.ts'
import type { Zone } from './functions/zone.ts'
import { openSqlite, quoted, type Database, type SqlValue, type Statement } from './open-sqlite.ts'
import { toSqlValue } from './sql-value.ts'

/** Rows that one insert takes: more make it no faster. */
const ROWS_PER_INSERT = 100

/** What a batch brings. */
export interface SqlInput {
  /** Rows of the tables that are streams. */
  readonly rows: ReadonlyMap<string, readonly unknown[]>
  /** Contents of those that are static. */
  readonly tables: ReadonlyMap<string, ReadonlyTable>
  readonly batchTime: number
  readonly windowMs: number
  /** A row that does not fit its table. */
  readonly misfit: (table: string, row: unknown, error: unknown) => void
}

type Row = readonly SqlValue[]

/** A statement in a database of its own, kept from batch to batch. Its answer depends on the input alone, never on what was computed before. */
export class SqlStatement {
  readonly #program: SqlProgram
  readonly #checked: CheckedStatement
  readonly #zone: Zone
  #open: Opened | undefined

  constructor(program: SqlProgram, checked: CheckedStatement, zone: Zone) {
    this.#program = program
    this.#checked = checked
    this.#zone = zone
  }

  /** Returns the result's rows, in the statement's order, or canonical. */
  run(input: SqlInput): readonly Row[] {
    const opened = (this.#open ??= new Opened(this.#program, this.#checked, this.#zone))
    try {
      return opened.run(input)
    } catch (error) {
      // Whatever it left behind: the next batch begins with another.
      this.#open = undefined
      opened.close()
      throw error
    }
  }
}

class Opened {
  readonly #program: SqlProgram
  readonly #checked: CheckedStatement
  readonly #db: Database
  readonly #plain: Database
  readonly #select: Statement
  readonly #loaders = new Map<string, Loader>()
  readonly #versions = new Map<string, string>()
  #now = { batchTime: 0, windowMs: 0 }
  #bigints: boolean

  constructor(program: SqlProgram, checked: CheckedStatement, zone: Zone) {
    const sqlite = openSqlite()
    this.#program = program
    this.#checked = checked
    this.#plain = new sqlite.DatabaseSync(':memory:')
    const environment: Environment = {
      zone,
      plain: this.#plain,
      batchTime: () => this.#now.batchTime,
      windowEnd: () => this.#now.batchTime,
      windowStart: () => this.#now.batchTime - this.#now.windowMs,
    }
    this.#db = openTables(sqlite, program, environment)
    for (const index of checked.indexes) this.#db.exec(index)
    this.#select = this.#db.prepare(program.text)
    this.#select.setReturnArrays(true)
    this.#bigints = Object.values(program.returns).includes('bigint')
    this.#select.setReadBigInts(this.#bigints)
    for (const [name, { columns }] of Object.entries(program.tables)) {
      const reads = checked.reads.get(name) ?? []
      this.#loaders.set(
        name,
        new Loader(
          this.#db,
          name,
          reads.map((column) => [column, columns[column] as ColumnType]),
          Object.keys(columns)[0] as string,
        ),
      )
    }
  }

  run({ rows, tables, batchTime, windowMs, misfit }: SqlInput): readonly Row[] {
    this.#now = { batchTime, windowMs }
    for (const [name, table] of tables) {
      if (this.#versions.get(name) === table.hash) continue
      // What does not fit has failed the load.
      this.#loader(name).load([...table.entries()], (_row, error) => {
        throw error
      })
      this.#versions.set(name, table.hash)
    }
    for (const [name, batch] of rows) this.#loader(name).load(batch, (row, error) => misfit(name, row, error))
    const result = this.#read()
    for (const name of rows.keys()) this.#loader(name).clear()
    return this.#checked.ordered ? result : sorted(result, this.#checked.columns.length)
  }

  close(): void {
    this.#db.close()
    this.#plain.close()
  }

  #loader(name: string): Loader {
    const loader = this.#loaders.get(name)
    if (loader === undefined) throw new Error(`the statement '${this.#program.text}' has no table '${name}'`)
    return loader
  }

  #read(): readonly Row[] {
    try {
      return this.#select.all() as unknown as readonly Row[]
    } catch (error) {
      // An integer that a number cannot hold: then all are read as they are.
      if (this.#bigints || (error as { readonly code?: unknown }).code !== 'ERR_OUT_OF_RANGE') throw error
      this.#select.setReadBigInts(true)
      try {
        return this.#select.all() as unknown as readonly Row[]
      } finally {
        this.#select.setReadBigInts(false)
      }
    }
  }
}

function sorted(rows: readonly Row[], width: number): readonly Row[] {
  const columns = Array.from({ length: width }, (_, c) => rows.map((row) => row[c] as SqlValue))
  return canonicalOrder(columns, rows.length).map((i) => rows[i] as Row)
}

/** Puts rows into a table, in their canonical order. */
class Loader {
  readonly #db: Database
  readonly #columns: readonly (readonly [name: string, type: ColumnType])[]
  readonly #clear: Statement
  readonly #one: Statement
  readonly #many: Statement

  /** `any`: a column for rows of which nothing is read but their number. */
  constructor(db: Database, table: string, columns: readonly (readonly [name: string, type: ColumnType])[], any: string) {
    this.#db = db
    this.#columns = columns
    const names = columns.length === 0 ? [any] : columns.map(([name]) => name)
    const row = `(${names.map(() => '?').join(', ')})`
    const insert = `insert into ${quoted(table)} (${names.map(quoted).join(', ')}) values `
    this.#clear = db.prepare(`delete from ${quoted(table)}`)
    this.#one = db.prepare(insert + row)
    this.#many = db.prepare(insert + Array.from({ length: ROWS_PER_INSERT }, () => row).join(', '))
  }

  load(rows: readonly unknown[], misfit: (row: unknown, error: unknown) => void): void {
    const width = this.#columns.length
    const columns: SqlValue[][] = this.#columns.map(() => [])
    let count = 0
    for (const row of rows) {
      try {
        for (let c = 0; c < width; c++) {
          const [name, type] = this.#columns[c] as readonly [string, ColumnType]
          ;(columns[c] as SqlValue[])[count] = toSqlValue(name, type, fieldOf(row, name))
        }
        count++
      } catch (error) {
        misfit(row, error)
      }
    }
    for (const column of columns) column.length = count
    this.#insert(columns, canonicalOrder(columns, count))
  }

  clear(): void {
    this.#clear.run()
  }

  #insert(columns: readonly (readonly SqlValue[])[], order: readonly number[]): void {
    const width = columns.length
    this.#db.exec('begin')
    this.#clear.run()
    let i = 0
    const values: SqlValue[] = new Array<SqlValue>(ROWS_PER_INSERT * Math.max(1, width)).fill(null)
    for (; i + ROWS_PER_INSERT <= order.length; i += ROWS_PER_INSERT) {
      let at = 0
      for (let j = i; j < i + ROWS_PER_INSERT; j++) for (let c = 0; c < width; c++) values[at++] = columns[c]?.[order[j] as number] as SqlValue
      this.#many.run(...values)
    }
    for (; i < order.length; i++) this.#one.run(...(width === 0 ? [null] : columns.map((column) => column[order[i] as number] as SqlValue)))
    this.#db.exec('commit')
  }
}
