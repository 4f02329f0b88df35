import { checkText } from './check-text.ts'
import { BUILTINS, FUNCTIONS_INSTEAD, INSTEAD } from './builtins.ts'
import { aggregates } from './functions/aggregates.ts'
import { defineFunctions, scalarFunctions, type UserFunction } from './functions/define-functions.ts'
import type { Environment } from './functions/define.ts'
import { openSqlite, quoted, type Database, type Sqlite } from './open-sqlite.ts'
import { AFFINITY, type ReturnType } from './sql-value.ts'
import type { SqlTable } from './table.ts'
import { refusal, tokensOf, type Token } from './tokens.ts'
import type { MillraceError } from '../values/errors.ts'

/** What a statement is made of. */
export interface SqlProgram {
  readonly text: string
  readonly tables: Readonly<Record<string, SqlTable>>
  readonly returns: Readonly<Record<string, ReturnType>>
  readonly functions: Readonly<Record<string, UserFunction>>
}

/** What is known of a statement once SQLite has prepared it over empty tables. */
export interface CheckedStatement {
  /** By table, the columns that it reads, in the order in which they are declared. */
  readonly reads: ReadonlyMap<string, readonly string[]>
  /** Names of the result's columns. */
  readonly columns: readonly string[]
  /** `create index` of static tables, where SQLite would make one for each run. */
  readonly indexes: readonly string[]
  /** It says by itself in which order its rows come. */
  readonly ordered: boolean
}

const TABLE_FUNCTIONS = new Set(['json_each', 'json_tree'])
/**
 * How large SQLite is to take tables for. The numbers are the same for every content, so its ways are. Static tables that it takes for large are looked up in, and the batch is gone through;
 * as long as it has to make their indexes by itself, it would not: which it wants is asked with these sizes, one after the other.
 */
const ROWS = { stream: 1_000, static: 1_000_000, unindexed: [100, 1_000, 10_000, 1_000_000] }
const MAX_INDEXES = 20

/** Returns an in-memory database with the statement's tables, empty, and all functions. */
export function openTables(sqlite: Sqlite, program: SqlProgram, environment: Environment): Database {
  const db = new sqlite.DatabaseSync(':memory:')
  const names = Object.keys(program.tables)
  for (const name of names) {
    const columns = Object.entries(program.tables[name]?.columns ?? {}).map(([column, type]) => `${quoted(column)} ${AFFINITY[type]}`)
    db.exec(`create table ${quoted(name)} (${columns.join(', ')})`)
  }
  sayRows(db, program, ROWS.static)
  defineFunctions(db, environment, program.functions)
  return db
}

function sayRows(db: Database, { tables }: SqlProgram, ofStatic: number): void {
  db.exec('analyze sqlite_schema; delete from sqlite_stat1')
  const size = db.prepare('insert into sqlite_stat1 (tbl, idx, stat) values (?, null, ?)')
  for (const [name, { source }] of Object.entries(tables)) size.run(name, String(source.kind === 'static' ? ofStatic : ROWS.stream))
  db.exec('analyze sqlite_schema')
}

/** Prepares a statement over empty tables; throws, with the place in its text and what is there instead, for one that cannot run. */
export function checkStatement(program: SqlProgram, environment: Environment): CheckedStatement {
  const { text } = program
  const tokens = tokensOf(text)
  const sqlite = openSqlite()
  const { SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE, SQLITE_OK, SQLITE_DENY } = sqlite.constants
  checkText(text, tokens, environment)
  const db = openTables(sqlite, program, environment)
  try {
    const known = new Map(Object.entries(program.tables).map(([name, { columns }]) => [name, new Set(Object.keys(columns))]))
    const functions = functionNames(program, environment)
    const reads = new Map([...known.keys()].map((name) => [name, new Set<string>()]))
    let denied: { readonly what: string; readonly name: string; readonly instead: string } | undefined
    db.setAuthorizer((action, first, second) => {
      if (action === SQLITE_SELECT || action === SQLITE_RECURSIVE) return SQLITE_OK
      if (action === SQLITE_FUNCTION && second !== null) {
        if (functions.has(second.toLowerCase())) return SQLITE_OK
        denied ??= { what: `the function ${second}`, name: second, instead: insteadOf(second, functions) }
      } else if (action === SQLITE_READ && first !== null) {
        const columns = known.get(first)
        if (columns === undefined && TABLE_FUNCTIONS.has(first)) return SQLITE_OK
        if (columns !== undefined && (second === null || second === '' || columns.has(second))) {
          if (second !== null && second !== '') reads.get(first)?.add(second)
          return SQLITE_OK
        }
        denied ??=
          columns === undefined
            ? { what: `the table ${first}`, name: first, instead: `there are ${[...known.keys(), ...TABLE_FUNCTIONS].join(', ')}` }
            : { what: `${first}.${second}`, name: second ?? '', instead: `it means the order of loading; the table has ${[...columns].join(', ')}` }
      } else denied ??= { what: 'what is no select', name: '', instead: 'a statement only reads' }
      return SQLITE_DENY
    })
    let columns: readonly string[]
    try {
      columns = db
        .prepare(text)
        .columns()
        .map(({ name }) => name)
    } catch (cause) {
      if (denied !== undefined) throw refusal(text, find(tokens, denied.name)?.start, `${denied.what} is refused`, denied.instead)
      throw explained(text, tokens, cause as Error, db, known, functions)
    }
    db.setAuthorizer(null)
    checkColumns(program, columns)
    return {
      reads: new Map([...known].map(([name, declared]) => [name, [...declared].filter((column) => isRead(column, reads.get(name), tokens))])),
      columns,
      indexes: indexesOf(db, program, tokens),
      ordered: tokens.some((token, i) => token.depth === 0 && token.word === 'order' && tokens[i + 1]?.word === 'by'),
    }
  } finally {
    db.close()
  }
}

/** SQLite does not ask for the columns by which natural join and using join. */
function isRead(column: string, reads: ReadonlySet<string> | undefined, tokens: readonly Token[]): boolean {
  if (reads?.has(column) === true) return true
  if (!tokens.some(({ word }) => word === 'natural' || word === 'using')) return false
  return tokens.some(({ word }) => word === 'natural') || find(tokens, column) !== undefined
}

function functionNames({ functions }: SqlProgram, environment: Environment): ReadonlySet<string> {
  const ours = [...Object.keys(scalarFunctions(environment)), ...Object.keys(aggregates())]
  return new Set([...BUILTINS, ...ours, ...Object.keys(functions).map((name) => name.toLowerCase())])
}

function checkColumns({ text, returns }: SqlProgram, columns: readonly string[]): void {
  const twice = columns.find((name, i) => columns.indexOf(name) !== i)
  if (twice !== undefined) throw refusal(text, undefined, `the result has two columns '${twice}'`, 'a row can have one of a name: rename one with as')
  if (columns.includes('__proto__')) throw refusal(text, undefined, "the result has a column '__proto__'", 'rename it with as')
  for (const name of Object.keys(returns))
    if (!columns.includes(name)) throw refusal(text, undefined, `returns declares '${name}', which the result has not`, `it has ${columns.join(', ')}`)
}

function find(tokens: readonly Token[], name: string): Token | undefined {
  return tokens.find(({ kind, text }) => (kind === 'word' || kind === 'quoted') && text.toLowerCase() === name.toLowerCase())
}

function insteadOf(name: string, functions: ReadonlySet<string>): string {
  const known = FUNCTIONS_INSTEAD[name.toLowerCase()]
  if (known !== undefined) return known
  const near = [...functions].filter((other) => other.slice(0, 4) === name.toLowerCase().slice(0, 4)).sort()
  return near.length > 0 ? `there are ${near.join(', ')}` : 'docs/sql.md has the list of functions; functions: { ... } adds your own'
}

/** SQLite's message, with the place in the text and what is there instead. */
function explained(
  sql: string,
  tokens: readonly Token[],
  cause: Error,
  db: Database,
  known: ReadonlyMap<string, ReadonlySet<string>>,
  functions: ReadonlySet<string>,
): MillraceError {
  const { message } = cause
  const named = /^(?:no such (?<kind>column|table|function)|ambiguous column name): (?<name>.*)$/.exec(message)?.groups
  if (named?.['kind'] === 'function') return refusal(sql, find(tokens, named['name'] ?? '')?.start, message, insteadOf(named['name'] ?? '', functions))
  if (named !== undefined && !hints(tokens)) {
    const name = (named['name'] ?? '').split('.').at(-1) ?? ''
    const tables = [...known].map(([table, columns]) => `${table} (${[...columns].join(', ')})`).join(', ')
    return refusal(sql, find(tokens, name)?.start, message, `there are ${tables}`)
  }
  const hint = hints(tokens)
  if (hint !== undefined) return refusal(sql, hint.offset, `${message}; ${hint.name} is not SQLite's`, hint.instead)
  const near = /^near "(?<text>[\s\S]*)": syntax error$/.exec(message)?.groups?.['text']
  return refusal(sql, near === undefined ? undefined : nearOffset(sql, tokens, near, message, db), message)
}

function hints(tokens: readonly Token[]): { readonly name: string; readonly instead: string; readonly offset: number } | undefined {
  const words = tokens.map(({ kind, word, text }) => (kind === 'word' ? word : kind === 'sign' ? text : kind === 'string' ? "' " : '?'))
  for (const [phrase, name, instead] of INSTEAD) {
    const match = phrase.exec(words.join(' '))
    if (match === null) continue
    let at = 0
    let length = 0
    while (at < words.length && length < match.index) length += (words[at++] as string).length + 1
    return { name, instead, offset: tokens[at]?.start ?? 0 }
  }
  return undefined
}

/** The first token up to which, with it, the text has the same error. */
function nearOffset(sql: string, tokens: readonly Token[], near: string, message: string, db: Database): number | undefined {
  for (const token of tokens) {
    if (!sql.slice(token.start, token.end).startsWith(near) && sql.slice(token.start, token.start + near.length) !== near) continue
    try {
      db.prepare(sql.slice(0, token.end))
    } catch (error) {
      if ((error as Error).message === message) return token.start
    }
  }
  return undefined
}

/** The indexes that SQLite would make of static tables in every run. */
function indexesOf(db: Database, program: SqlProgram, tokens: readonly Token[]): readonly string[] {
  const { text, tables } = program
  const made: string[] = []
  for (const size of ROWS.unindexed) {
    sayRows(db, program, size)
    for (;;) {
      const plan = db.prepare(`explain query plan ${text}`).all() as unknown as readonly { readonly detail: string }[]
      const wanted = new Set(plan.flatMap(({ detail }) => indexOf(detail, tables, tokens)))
      const fresh = [...wanted].filter((index) => !made.includes(index))
      if (fresh.length === 0 || made.length >= MAX_INDEXES) break
      for (const index of fresh) db.exec(index)
      made.push(...fresh)
    }
  }
  return made
}

/** Returns how an index that SQLite would make of a static table in every run is made once. */
function indexOf(detail: string, tables: SqlProgram['tables'], tokens: readonly Token[]): readonly string[] {
  const match = /^SEARCH (?<alias>.+?)(?: EXISTS)? USING AUTOMATIC (?:PARTIAL )?(?:COVERING )?INDEX \((?<terms>.*?)\)/.exec(detail)?.groups
  if (match === undefined) return []
  const name = Object.keys(tables).find((table) => tables[table]?.source.kind === 'static' && isCalled(tokens, table, match['alias'] ?? ''))
  const columns = (match['terms'] ?? '').split(' AND ').map((term) => term.replace(/=\?$/, ''))
  if (name === undefined || !columns.every((column) => Object.hasOwn(tables[name]?.columns ?? {}, column))) return []
  return [`create index ${quoted(`${name} by ${columns.join(', ')}`)} on ${quoted(name)} (${columns.map(quoted).join(', ')})`]
}

/** Whether the statement uses a table under this name: its own, or one given behind it. */
function isCalled(tokens: readonly Token[], table: string, alias: string): boolean {
  const same = (token: Token | undefined, name: string): boolean =>
    token !== undefined && (token.kind === 'word' || token.kind === 'quoted') && token.text.toLowerCase() === name.toLowerCase()
  if (table.toLowerCase() === alias.toLowerCase()) return true
  return tokens.some((token, i) => same(token, table) && (same(tokens[i + 1], alias) || (tokens[i + 1]?.word === 'as' && same(tokens[i + 2], alias))))
}
