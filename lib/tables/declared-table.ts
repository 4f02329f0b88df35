import { checkColumns, type Columns, type ColumnType } from '../values/columns.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { Key } from '../values/key.ts'
import type { Pair } from '../values/pair.ts'
import type { TableLoader } from '../program/static-table.ts'
import { describeMisfit, fitText, fitValue } from './fit-value.ts'

/** What a column's values are in a row of a table. */
interface ValueOf {
  readonly integer: number
  readonly real: number
  readonly text: string
  readonly boolean: boolean
  readonly timestamp: Date
  readonly json: unknown
  readonly blob: Uint8Array
}

/** A row of a table: all of its columns, the key's too. */
export type TableRow<C extends Columns> = { readonly [N in keyof C]: ValueOf[C[N]] | null }

/** The columns that may be a key. */
export type KeyOf<C extends Columns> = { [N in keyof C & string]: C[N] extends 'integer' | 'real' | 'text' | 'boolean' ? N : never }[keyof C & string]
export type KeyValue<C extends Columns, N extends keyof C> = Extract<ValueOf[C[N]], Key>

export interface DeclaredTableOptions<C extends Columns, N extends string> {
  /** The column whose values are the keys: integer, real, text or boolean, without nulls, each once. */
  readonly key: N
  /** Those to take, and their types. Others may be there. */
  readonly columns: C
}

export type DeclaredTable<C extends Columns, N extends keyof C> = TableLoader<KeyValue<C, N>, TableRow<C>>

/** A row as it was found: `where` says in which place, for errors. A column that is undefined is not there. */
export interface FoundRow {
  readonly where: string
  readonly value: (column: string) => unknown
  /** Its values are all text, in the forms that csvFile writes. */
  readonly textual: boolean
}

const KEY_TYPES: ReadonlySet<ColumnType> = new Set(['integer', 'real', 'text', 'boolean'])

/** Returns what `ssc.staticTable` takes: rows that fit the columns, by their key. `who`: what the user wrote, `csvTable 'data/plans.csv'`. */
export function declaredTable<C extends Columns, N extends KeyOf<C>>(
  who: string,
  { key, columns }: DeclaredTableOptions<C, N>,
  read: () => Promise<Iterable<FoundRow>>,
): DeclaredTable<C, N> {
  checkColumns(columns, who)
  const type: ColumnType | undefined = Object.hasOwn(columns, key) ? columns[key] : undefined
  if (type === undefined || !KEY_TYPES.has(type))
    throw new MillraceError(
      'BAD_PROGRAM',
      `${who}: its key is ${describeValue(key)}${type === undefined ? '' : `, of type ${type}`}; it is one of its columns, of type ${[...KEY_TYPES].join(', ')}`,
    )
  if (key !== 'key' && Object.hasOwn(columns, 'key'))
    throw new MillraceError(
      'BAD_PROGRAM',
      `${who}: it has a column 'key', and its key is '${key}': 'key' means the key everywhere; take key: 'key', or leave the column out`,
    )
  const load = async (): Promise<readonly Pair<KeyValue<C, N>, TableRow<C>>[]> => {
    const pairs: Pair<KeyValue<C, N>, TableRow<C>>[] = []
    const places = new Map<Key, string>()
    for (const found of await read()) {
      const row = Object.fromEntries(Object.entries(columns).map(([name, is]) => [name, cell(who, found, name, is)]))
      const value = row[key] as Key
      const bad = (why: string): MillraceError => new MillraceError('BAD_PROGRAM', `${who}, ${found.where}, column '${key}': ${why}`)
      if (value === null) throw bad('there is no value, and the key must have one')
      const before = places.get(value)
      if (before !== undefined) throw bad(`${describeValue(value)} is a key already, in ${before}: a table has each key once`)
      places.set(value, found.where)
      pairs.push([value as KeyValue<C, N>, row as TableRow<C>])
    }
    return pairs
  }
  return Object.assign(load, { columns: Object.freeze({ key: type, ...columns }) })
}

function cell(who: string, { where, value, textual }: FoundRow, name: string, type: ColumnType): unknown {
  const found = value(name)
  if (found === null) return null
  const fits = found === undefined ? undefined : textual ? fitText(type, found as string) : fitValue(type, found)
  if (fits !== undefined) return fits
  throw new MillraceError('BAD_PROGRAM', `${who}, ${where}, column '${name}': ${describeMisfit(type, found)}`)
}
