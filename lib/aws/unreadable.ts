import { MillraceError } from '../values/errors.ts'

/** Returns the error of a static table that a service does not give. `who` wants it; `remedy`: what must be there, and which right. */
export function unreadable(who: string, service: string, cause: Error, remedy: string): MillraceError {
  return new MillraceError('BAD_PROGRAM', `${who} cannot be read: ${service} says ${cause.name} (${cause.message}). ${remedy}`, { cause })
}
