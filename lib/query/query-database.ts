import { constants, DatabaseSync } from 'node:sqlite'
import { MillraceError } from '../values/errors.ts'
import { keyToString, type Key } from '../values/key.ts'
import type { JobTables } from './read-tables.ts'

type Cell = null | number | bigint | string | Uint8Array
/** Tables that every job has. */
const OWN = ['batches', 'dead_letters', 'inputs']
const IDENTIFIER = /^[A-Za-z_]\w*$/

export interface Answer {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
}

/** A job's tables in SQLite: outputs in the schema `files`, state in `state`, and plain names where they are unique. */
export class QueryDatabase {
  readonly #db: DatabaseSync
  readonly #schema = new Map<string, readonly string[]>()

  constructor(tables: JobTables) {
    this.#db = new DatabaseSync(':memory:')
    this.#db.exec("attach ':memory:' as files; attach ':memory:' as state")
    this.#fill(
      'main',
      'batches',
      ['number', 'batch_time', 'tasks', 'done'],
      [...tables.batches].reverse().map(({ number, timeMs, tasks, done }) => [number, timeOf(timeMs), tasks, done]),
    )
    this.#fill(
      'main',
      'dead_letters',
      ['batch_time', 'operator', 'error', 'row'],
      tables.deadLetters.map(({ timeMs, operator, error, row }) => [timeOf(timeMs), operator, error, row]),
    )
    this.#fill(
      'main',
      'inputs',
      ['stream', 'shard', 'entries'],
      tables.inputs.map(({ stream, shard, entries }) => [stream, shard, entries]),
    )
    const plain = new Map<string, string[]>()
    for (const [prefix, rows] of tables.files) {
      const own = columnsOf(rows.map(({ row }) => row))
      const names = [...unique([...own, 'batch_time', 'partition'])]
      this.#fill(
        'files',
        prefix,
        names,
        rows.map(({ row, timeMs, partition }) => [...own.map((name) => fieldOf(row, name)), timeOf(timeMs), partition]),
      )
      plain.set(prefix, [...(plain.get(prefix) ?? []), `files.${quoted(prefix)}`])
    }
    for (const [uid, rows] of tables.states?.operators ?? []) {
      const panes = rows.some(({ paneMs }) => paneMs !== null)
      this.#fill(
        'state',
        uid,
        ['key', 'value', ...(panes ? ['pane_end'] : []), 'partition'],
        rows.map(({ key, value, paneMs, partition }) => [keyOf(key), value, ...(panes ? [paneMs === null ? null : timeOf(paneMs)] : []), partition]),
      )
      const name = `state_${uid}`
      plain.set(name, [...(plain.get(name) ?? []), `state.${quoted(uid)}`])
    }
    const taken = new Set(OWN)
    for (const [name, places] of plain) {
      const [place] = places
      const lower = name.toLowerCase()
      if (!IDENTIFIER.test(name) || places.length > 1 || taken.has(lower) || [...plain.keys()].some((other) => other !== name && other.toLowerCase() === lower))
        continue
      this.#db.exec(`create temp view ${quoted(name)} as select * from ${place ?? ''}`)
    }
    // From here on it is only asked.
    const { SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE, SQLITE_OK, SQLITE_DENY } = constants
    const allowed = new Set([SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE])
    if (typeof this.#db.setAuthorizer !== 'function')
      throw new MillraceError('USAGE', 'millrace query needs Node 24.10 or newer, whose node:sqlite has setAuthorizer')
    this.#db.setAuthorizer((action, _first, second) => (allowed.has(action) && second !== 'load_extension' ? SQLITE_OK : SQLITE_DENY))
  }

  /** Tables with their columns, by their full names. */
  get schema(): ReadonlyMap<string, readonly string[]> {
    return this.#schema
  }

  /** Returns the rows of a select. */
  ask(sql: string): Answer {
    try {
      const statement = this.#db.prepare(sql)
      statement.setReadBigInts(true)
      statement.setReturnArrays(true)
      const rows = statement.all() as unknown as readonly (readonly Cell[])[]
      return { columns: statement.columns().map(({ name }) => name), rows }
    } catch (cause) {
      const { message } = cause as Error
      const help = /no such (table|column)/.test(message)
        ? `; there are ${[...this.#schema].map(([name, columns]) => `${name} (${columns.join(', ')})`).join(', ')}`
        : ''
      throw new MillraceError('USAGE', `${/not authorized|prohibited/.test(message) ? `${message}: a question is a select, and only reads` : message}${help}`, {
        cause,
      })
    }
  }

  close(): void {
    this.#db.close()
  }

  #fill(schema: string, table: string, columns: readonly string[], rows: readonly (readonly unknown[])[]): void {
    const name = `${schema === 'main' ? '' : `${schema}.`}${schema !== 'main' || !IDENTIFIER.test(table) ? quoted(table) : table}`
    this.#schema.set(name, columns)
    this.#db.exec(`create table ${schema}.${quoted(table)} (${columns.map(quoted).join(', ')})`)
    const insert = this.#db.prepare(`insert into ${schema}.${quoted(table)} values (${columns.map(() => '?').join(', ')})`)
    this.#db.exec('begin')
    for (const row of rows) insert.run(...row.map(cellOf))
    this.#db.exec('commit')
  }
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The columns that rows have: those of objects, key and value of pairs, `value` of others; in the order in which they come. */
function columnsOf(rows: readonly unknown[]): readonly string[] {
  const names = new Set<string>()
  for (const row of rows) for (const name of namesOf(row)) names.add(name)
  return names.size === 0 ? ['value'] : [...names]
}

function namesOf(row: unknown): readonly string[] {
  if (isPair(row)) return isObject(row[1]) ? ['key', ...Object.keys(row[1]).filter((name) => name !== 'key')] : ['key', 'value']
  return isObject(row) ? Object.keys(row) : ['value']
}

function fieldOf(row: unknown, name: string): unknown {
  if (isPair(row)) return name === 'key' ? row[0] : isObject(row[1]) ? own(row[1], name) : name === 'value' ? row[1] : null
  return isObject(row) ? own(row, name) : name === 'value' ? row : null
}

function own(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Readonly<Record<string, unknown>>)[name] : null
}

function isPair(row: unknown): row is readonly [unknown, unknown] {
  return Array.isArray(row) && row.length === 2
}

function isObject(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof Map) &&
    !(value instanceof Set)
  )
}

/** Names that differ only in case get a number: SQLite does not see the case. */
function* unique(names: readonly string[]): Iterable<string> {
  const taken = new Set<string>()
  for (const name of names) {
    let free = name
    for (let i = 2; taken.has(free.toLowerCase()); i++) free = `${name}_${i}`
    taken.add(free.toLowerCase())
    yield free
  }
}

function keyOf(key: Key): unknown {
  return Array.isArray(key) ? keyToString(key) : key
}

function timeOf(ms: number): string {
  const text = new Date(ms).toISOString()
  return `${text.slice(0, 10)} ${text.slice(11, 23)}`
}

/** A whole number is an integer here, so that it shows as one. */
function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value === 'string' || value instanceof Uint8Array) return value
  if (typeof value === 'bigint') return value >= -(2n ** 63n) && value < 2n ** 63n ? value : String(value)
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : timeOf(value.getTime())
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint'
      ? String(part)
      : part instanceof Map
        ? [...(part as ReadonlyMap<unknown, unknown>)]
        : part instanceof Set
          ? [...(part as ReadonlySet<unknown>)]
          : part,
  )
}
