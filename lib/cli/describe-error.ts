import { MillraceError } from '../values/errors.ts'

/** A MillraceError says all that a user needs; anything else is a defect, whose stack is wanted. */
export function describe(error: unknown): string {
  if (error instanceof MillraceError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
