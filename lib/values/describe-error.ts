import { inspect } from 'node:util'
import { describeValue } from './describe-value.ts'
import { MillraceError } from './errors.ts'

/** What is kept of an error: text, and not too much of it. */
export interface ErrorText {
  readonly name: string
  readonly message: string
  readonly stack: string
}

const MAX_NAME = 200
/** Of an error that quotes the page that a server answered with, the beginning says it all. */
const MAX_MESSAGE = 10_000
/** A stack longer than this says nothing new. */
const MAX_STACK = 4_000

/** Returns what a user's function threw, as text. Anything may be thrown, with getters and proxies that throw themselves: this never does. */
export function describeError(error: unknown): ErrorText {
  if (!isError(error)) return { name: kindOf(error), message: cut(shown(error), MAX_MESSAGE), stack: '' }
  const name = text(error, 'name') ?? 'Error'
  const code = error instanceof MillraceError ? ` ${error.code}` : ''
  return {
    name: cut(`${name}${code}`, MAX_NAME),
    message: cut(`${text(error, 'message') ?? ''}${causeOf(error)}`, MAX_MESSAGE),
    stack: cut(text(error, 'stack') ?? '', MAX_STACK),
  }
}

/** `fetch failed` says nothing; its cause does. Of several attempts to connect that is an error without a message, and a code. */
function causeOf(error: Error): string {
  try {
    const { cause } = error
    return isError(cause) ? `; caused by ${text(cause, 'name') ?? 'Error'}: ${text(cause, 'message') || (text(cause, 'code') ?? '')}` : ''
  } catch {
    return ''
  }
}

function isError(value: unknown): value is Error {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}

/** A field of an error as text: what is no text is shown, what throws is left out. */
function text(error: Error, field: 'name' | 'message' | 'stack' | 'code'): string | undefined {
  let value: unknown
  try {
    value = (error as Error & { readonly code?: unknown })[field]
  } catch {
    return field === 'message' ? 'its message cannot be read: the getter throws' : undefined
  }
  if (typeof value === 'string') return value
  // A stack that is no text (a library has set Error.prepareStackTrace) is of no use to anybody.
  return value === undefined || field === 'stack' ? undefined : shown(value)
}

/** Returns any value as text, and never throws. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return inspect(value, { depth: 4, maxStringLength: MAX_MESSAGE, maxArrayLength: 100 })
  } catch {
    try {
      return describeValue(value)
    } catch {
      return 'a value that cannot be shown'
    }
  }
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value
}

function cut(value: string, most: number): string {
  return value.length > most ? `${value.slice(0, most)}...` : value
}
