import { encodeValue } from '../codec/rows.ts'
import { MillraceError } from '../values/errors.ts'

/** Throws BAD_VALUE for a value that cannot be stored; `what` says whose it is. */
export function checkStorable(value: unknown, what: string): void {
  try {
    encodeValue(value)
  } catch (error) {
    throw new MillraceError('BAD_VALUE', `${what}: ${(error as Error).message}`, { cause: error })
  }
}
