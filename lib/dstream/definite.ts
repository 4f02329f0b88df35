import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { Key } from '../values/key.ts'

/** Returns a value that an operator keeps under a key; throws for undefined, which means "no value" there. */
export function definite(value: unknown, key: Key): unknown {
  if (value === undefined)
    throw new MillraceError(
      'BAD_VALUE',
      `a windowed reduce has no value for key ${describeValue(key)}: its function returned undefined, or was given it; it must return a value (null will do)`,
    )
  return value
}
