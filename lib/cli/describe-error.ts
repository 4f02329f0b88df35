import { shown } from '../values/describe-error.ts'
import { MillraceError } from '../values/errors.ts'

/** A MillraceError says all that a user needs; anything else is a defect, whose stack is wanted. */
export function describe(error: unknown): string {
  if (error instanceof MillraceError) return error.message
  return error instanceof Error ? `${error.stack ?? error.message}${causesOf(error)}` : String(error)
}

/** `fetch failed` says nothing; its cause does. */
function causesOf({ cause }: Error): string {
  if (cause === undefined) return ''
  return `\ncaused by ${cause instanceof Error ? `${cause.name}: ${cause.message || codeOf(cause)}${causesOf(cause)}` : shown(cause)}`
}

/** Of several attempts to connect the cause is an error without a message, and a code. */
function codeOf({ code = '' }: Error & { readonly code?: unknown }): string {
  return String(code)
}
