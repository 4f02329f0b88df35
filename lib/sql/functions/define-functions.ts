import { MillraceError } from '../../values/errors.ts'
import { describeValue } from '../../values/describe-value.ts'
import type { Database, SqlValue } from '../open-sqlite.ts'
import { aggregates } from './aggregates.ts'
import type { AggregateFunction, Environment, ScalarFunction } from './define.ts'
import { sqliteTimes } from './sqlite-times.ts'
import { textFunctions } from './text-functions.ts'
import { timeFunctions } from './time-functions.ts'
import { valueFunctions } from './value-functions.ts'

/** A user's own function, of one row, synchronous. */
export type UserFunction = (...args: readonly never[]) => unknown

/** Returns our functions of one row, by name. */
export function scalarFunctions(environment: Environment): Readonly<Record<string, ScalarFunction>> {
  return { ...sqliteTimes(environment), ...timeFunctions(environment), ...textFunctions(), ...valueFunctions() }
}

/** Adds all functions to a database, in place of SQLite's where they have its names. */
export function defineFunctions(db: Database, environment: Environment, own: Readonly<Record<string, UserFunction>>): void {
  for (const [name, { least, most, call }] of Object.entries(scalarFunctions(environment))) {
    const run = (...args: readonly SqlValue[]): SqlValue => {
      const result = call(...args)
      return typeof result === 'boolean' ? (result ? 1n : 0n) : result
    }
    db.function(name, { deterministic: true, varargs: true, useBigIntArguments: true }, counted(name, least, most, run))
    // SQLite's own stand under a number of arguments each, which goes before one of any.
    for (let n = least; n <= Math.min(most, 4); n++) db.function(name, { deterministic: true, useBigIntArguments: true }, ofLength(n, run))
  }
  for (const [name, fn] of Object.entries(aggregates())) defineAggregate(db, name, fn)
  for (const [name, fn] of Object.entries(own)) {
    const run = (...args: readonly SqlValue[]): SqlValue => toSql(name, (fn as (...args: readonly SqlValue[]) => unknown)(...args))
    db.function(name, { deterministic: true, varargs: true }, run)
    for (let n = 0; n <= 4; n++) db.function(name, { deterministic: true }, ofLength(n, run))
  }
}

type Run = (...args: readonly SqlValue[]) => SqlValue

/** node:sqlite takes a function's number of arguments from its length. */
function ofLength(n: number, run: Run): Run {
  switch (n) {
    case 0:
      return () => run()
    case 1:
      return (a) => run(a)
    case 2:
      return (a, b) => run(a, b)
    case 3:
      return (a, b, c) => run(a, b, c)
    default:
      return (a, b, c, d) => run(a, b, c, d)
  }
}

function counted(name: string, least: number, most: number, run: Run): Run {
  return (...args) => {
    if (args.length < least || args.length > most)
      throw new MillraceError('BAD_VALUE', `sql: ${name} got ${args.length} arguments; ${argumentsOf({ least, most })}`)
    return run(...args)
  }
}

/** Returns how many arguments a function takes, in words. */
export function argumentsOf({ least, most }: { readonly least: number; readonly most: number }): string {
  return `it takes ${least === most ? least : `${least} to ${most}`}`
}

interface Kept {
  readonly rows: (readonly SqlValue[])[]
  /** Rows before it have left the frame. */
  head: number
}

function defineAggregate(db: Database, name: string, { least, most, result }: AggregateFunction): void {
  db.aggregate(name, {
    deterministic: true,
    varargs: true,
    useBigIntArguments: true,
    start: () => ({ rows: [], head: 0 }) satisfies Kept,
    step: (kept: Kept, ...args: readonly SqlValue[]): Kept => {
      if (args.length < least || args.length > most)
        throw new MillraceError('BAD_VALUE', `sql: ${name} got ${args.length} arguments; ${argumentsOf({ least, most })}`)
      kept.rows.push(args)
      return kept
    },
    // A frame moves forward: what leaves it is what came first.
    inverse: (kept: Kept): Kept => {
      kept.head++
      return kept
    },
    result: (kept: Kept): SqlValue => result(kept.head === 0 ? kept.rows : kept.rows.slice(kept.head)),
  } as unknown as Parameters<Database['aggregate']>[1])
}

/** Returns what a user's function gave, as SQL's value. */
function toSql(name: string, value: unknown): SqlValue {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'bigint' || value instanceof Uint8Array) return value
  throw new MillraceError(
    'BAD_VALUE',
    `sql: the function ${name} returned ${describeValue(value)}; it must return a number, text, boolean, bigint, bytes or null: JSON.stringify it`,
  )
}
