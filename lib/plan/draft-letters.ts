import { inspect } from 'node:util'
import { encodeValue } from '../codec/rows.ts'
import { MillraceError, OperatorError } from '../values/errors.ts'
import type { DeadLetter } from './compute.ts'

/** A stack longer than this says nothing new. */
const MAX_STACK = 4_000

/** Returns what is kept of an error. */
export function describeError(error: unknown): DeadLetter['error'] {
  if (error instanceof Error)
    return {
      name: error instanceof MillraceError ? `${error.name} ${error.code}` : error.name,
      message: error.message,
      stack: (error.stack ?? '').slice(0, MAX_STACK),
    }
  return { name: typeof error, message: typeof error === 'string' ? error : inspect(error), stack: '' }
}

/** Returns a dead letter for a row behind a shuffle. What cannot be stored stands there as text. */
export function rowLetter(operator: string, time: number, row: unknown, error: unknown): DeadLetter {
  const pair = Array.isArray(row) && row.length === 2
  return { operator, time, error: describeError(error), row: pair ? { key: storable(row[0]), value: storable(row[1]) } : { value: storable(row) } }
}

function storable(value: unknown): unknown {
  try {
    encodeValue(value)
    return value
  } catch {
    return inspect(value, { depth: 4 })
  }
}

/** Returns the error that stops a batch: it names operator, row and what the user's function said. */
export function operatorError(operator: string, error: unknown, what: string): OperatorError {
  if (error instanceof OperatorError) return error
  const { name, message } = describeError(error)
  return new OperatorError(operator, `operator '${operator}' ${what}: ${name}: ${message}`, { cause: error })
}
