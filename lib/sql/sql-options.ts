import { checkPartitions } from '../dstream/check-options.ts'
import type { Shuffle } from '../dstream/keyed-options.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { checkFunction } from '../dstream/check-function.ts'
import { BUILTINS } from './builtins.ts'
import { aggregates } from './functions/aggregates.ts'
import { scalarFunctions, type UserFunction } from './functions/define-functions.ts'
import { UTC, zoneOf, type Zone } from './functions/zone.ts'
import { AFFINITY, type ReturnType } from './sql-value.ts'
import type { SqlTable } from './table.ts'

/** What a statement may be given besides its tables. */
export interface SqlOptions extends Shuffle {
  /** What the result's columns are in the stream; others are what SQLite has: numbers, texts, bytes and null. */
  readonly returns?: Readonly<Record<string, ReturnType>>
  /** IANA name of the zone that functions of times compute in. @default 'UTC' */
  readonly timeZone?: string
  /** Functions of one row, synchronous and deterministic. An integer comes as a number, text as a string, NULL as null. */
  readonly functions?: Readonly<Record<string, UserFunction>>
  /** Runs it partition by partition: every stream has this column and is shuffled by it. What would not give the same as a whole batch is refused. */
  readonly partitionBy?: string
}

export interface CheckedOptions {
  readonly returns: Readonly<Record<string, ReturnType>>
  readonly zone: Zone
  readonly timeZone: string
  readonly functions: Readonly<Record<string, UserFunction>>
  readonly partitionBy: string | undefined
  readonly numPartitions: number | undefined
}

/** Types whose values may be keys. */
const KEYS = new Set(['integer', 'real', 'text', 'boolean'])
const FUNCTION_NAME = /^[a-z_]\w{0,63}$/i

/** Returns the options, checked; in receive as they are, for planning has checked them. */
export function checkOptions(options: SqlOptions, tables: Readonly<Record<string, SqlTable>>): CheckedOptions {
  const { returns = {}, timeZone, functions = {}, partitionBy, numPartitions } = options
  if (!import.meta.inReceive) check(options, tables)
  return { returns, zone: import.meta.inReceive ? UTC : zoneOf(timeZone), timeZone: timeZone ?? 'UTC', functions, partitionBy, numPartitions }
}

function check({ returns = {}, functions = {}, partitionBy, numPartitions }: SqlOptions, tables: Readonly<Record<string, SqlTable>>): void {
  for (const [name, type] of Object.entries(returns))
    if (type !== 'bigint' && !Object.hasOwn(AFFINITY, type))
      throw new MillraceError(
        'BAD_PROGRAM',
        `sql: returns declares '${name}' as ${describeValue(type)}; it is one of ${[...Object.keys(AFFINITY), 'bigint'].join(', ')}`,
      )
  for (const [name, fn] of Object.entries(functions)) {
    if (!FUNCTION_NAME.test(name)) throw new MillraceError('BAD_PROGRAM', `sql: a function is called '${name}'; a name is letters, digits and '_'`)
    if (isTaken(name.toLowerCase())) throw new MillraceError('BAD_PROGRAM', `sql: there is a function ${name} already: take another name`)
    checkFunction(fn, `sql: the function ${name}`)
  }
  if (numPartitions !== undefined) checkPartitions(numPartitions, 'sql')
  if (partitionBy !== undefined) checkPartitionBy(partitionBy, tables)
  else if (numPartitions !== undefined)
    throw new MillraceError('BAD_PROGRAM', 'sql: numPartitions is given, and a whole batch is in one partition: give partitionBy, too')
}

function isTaken(name: string): boolean {
  const nowhere = { zone: UTC, plain: undefined as never, batchTime: () => 0, windowStart: () => 0, windowEnd: () => 0 }
  return BUILTINS.has(name) || Object.hasOwn(aggregates(), name) || Object.hasOwn(scalarFunctions(nowhere), name)
}

function checkPartitionBy(by: unknown, tables: Readonly<Record<string, SqlTable>>): void {
  if (typeof by !== 'string')
    throw new MillraceError('BAD_PROGRAM', `sql: partitionBy is ${describeValue(by)}; it must be the name of a column that every stream has`)
  for (const [name, { source, columns }] of Object.entries(tables)) {
    if (source.kind === 'static') {
      if (Object.keys(columns).some((column) => column.toLowerCase() === by.toLowerCase()))
        throw new MillraceError(
          'BAD_PROGRAM',
          `sql: partitionBy is '${by}', and the static table '${name}' has a column of that name, too: declare it under another one, so that the statement says which is meant`,
        )
      continue
    }
    const type = columns[by]
    if (type === undefined || !KEYS.has(type))
      throw new MillraceError(
        'BAD_PROGRAM',
        type === undefined
          ? `sql: partitionBy is '${by}', which the table '${name}' has not; every stream is shuffled by it: declare it, or leave partitionBy out`
          : `sql: partitionBy is '${by}', which the table '${name}' declares as ${type}; keys are ${[...KEYS].join(', ')}`,
      )
  }
  const types = new Set(Object.values(tables).flatMap(({ source, columns }) => (source.kind === 'stream' ? [columns[by]] : [])))
  if (types.size > 1)
    throw new MillraceError(
      'BAD_PROGRAM',
      `sql: partitionBy is '${by}', which the streams declare as ${[...types].join(' and ')}: equal keys of other types are in other partitions; declare it alike`,
    )
}
