import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { StandardSchema } from './standard-schema.ts'

/** An error names at most this many issues of one record. */
const MAX_ISSUES = 5

interface Issue {
  readonly message: string
  readonly path?: readonly unknown[] | undefined
}

/** Throws BAD_PROGRAM unless the value is a Standard Schema, version 1. */
export function assertSchema(schema: unknown): void {
  const standard =
    (typeof schema === 'object' && schema !== null) || typeof schema === 'function' ? (schema as { readonly '~standard'?: unknown })['~standard'] : undefined
  const { version, validate } = (standard ?? {}) as { readonly version?: unknown; readonly validate?: unknown }
  if (version !== 1 || typeof validate !== 'function') {
    throw new MillraceError(
      'BAD_PROGRAM',
      `json(schema) got ${describeValue(schema)}: it must be a Standard Schema of version 1 (zod 3.24 or later, valibot 1, arktype 2), or be left out`,
    )
  }
}

/** Returns what the schema makes of the value. Throws BAD_VALUE with the issues when it does not fit, and BAD_PROGRAM when the schema validates asynchronously. */
export function validate<T>(schema: StandardSchema<T>, value: unknown): T {
  const { vendor, validate: run } = schema['~standard']
  const result = run(value)
  if (typeof (result as PromiseLike<unknown> | null)?.then === 'function') {
    // Nobody will await it: its rejection must not end the process.
    void Promise.resolve(result as PromiseLike<unknown>).catch(() => undefined)
    throw new MillraceError(
      'BAD_PROGRAM',
      `json(schema): the ${vendor} schema validates asynchronously, but records are decoded synchronously; take the asynchronous checks out, or look things up in a static table`,
    )
  }
  if (typeof result !== 'object' || result === null) {
    throw new MillraceError(
      'BAD_PROGRAM',
      `json(schema): the ${vendor} schema returned ${describeValue(result)} from validate; a Standard Schema returns { value } or { issues }`,
    )
  }
  const { issues } = result as { readonly issues?: readonly Issue[] }
  if (issues !== undefined && issues !== null) {
    const named = issues.slice(0, MAX_ISSUES).map(describeIssue)
    const more = issues.length > MAX_ISSUES ? `; and ${issues.length - MAX_ISSUES} more` : ''
    throw new MillraceError('BAD_VALUE', `record does not fit the ${vendor} schema: ${named.join('; ')}${more}`)
  }
  return (result as { readonly value: T }).value
}

function describeIssue({ message, path }: Issue): string {
  if (path === undefined || path.length === 0) return message
  return `${path.map((part) => String(typeof part === 'object' && part !== null ? (part as { readonly key: unknown }).key : part)).join('.')}: ${message}`
}
