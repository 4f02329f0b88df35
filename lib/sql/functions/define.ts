import type { Database, SqlValue } from '../open-sqlite.ts'
import type { Zone } from './zone.ts'

/** What functions may know of where they run. */
export interface Environment {
  readonly zone: Zone
  /** A database without our functions, for what SQLite does well by itself. */
  readonly plain: Database
  /** Epoch ms of the batch. */
  batchTime(): number
  /** The window (or batch) that the rows come from: its start and its end, epoch ms. */
  windowStart(): number
  windowEnd(): number
}

/** An integer comes as a bigint and leaves as one; a number is SQLite's real. */
export type Scalar = (...args: readonly SqlValue[]) => SqlValue | boolean

/** A function of one row. `least` and `most` are how many arguments it takes. */
export interface ScalarFunction {
  readonly least: number
  readonly most: number
  readonly call: Scalar
}

/** A function of the rows of a group: all arguments of each, in the order of the rows. */
export interface AggregateFunction {
  readonly least: number
  readonly most: number
  readonly result: (rows: readonly (readonly SqlValue[])[]) => SqlValue
}

/** Returns a function of so many arguments. */
export function takes(least: number, most: number, call: Scalar): ScalarFunction {
  return { least, most, call }
}

/** The same; null where one of its arguments is. */
export function strict(least: number, most: number, call: Scalar): ScalarFunction {
  return { least, most, call: (...args) => (args.includes(null) ? null : call(...args)) }
}

/** Returns what SQL says of an argument as a text: integers without a point. */
export function textOf(value: SqlValue | undefined): string {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 1e15) return `${value}.0`
  return value === null || value === undefined ? '' : String(value)
}

/** Returns an argument as a number; NaN when it is none. */
export function numberOf(value: SqlValue | undefined): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN
}

/** Returns a whole number as SQL's integer; null when it is none. */
export function integer(n: number): bigint | null {
  return Number.isFinite(n) ? BigInt(Math.trunc(n)) : null
}
