import { encodeValue } from '../codec/rows.ts'
import { describeError, shown } from '../values/describe-error.ts'
import { OperatorError } from '../values/errors.ts'
import { placeOf } from '../values/place-of.ts'
import type { DeadLetter } from './compute.ts'

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
    return shown(value)
  }
}

/** Returns the error that stops a batch: it names operator, row and what the user's function said. */
export function operatorError(operator: string, error: unknown, what: string): OperatorError {
  if (error instanceof OperatorError) return error
  const { name, message } = describeError(error)
  return new OperatorError(operator, `operator '${operator}' ${what}: ${name}: ${message}`, { cause: error })
}

/** Returns the error that stops receive at a record of a job with onError 'fail': there is no batch yet that could go on without the operator. */
export function failedRecord({ operator, error: { name, message, stack } }: DeadLetter, cause: unknown, record: string): OperatorError {
  const place = placeOf(stack)
  return new OperatorError(
    operator,
    `operator '${operator}' failed on ${record}, and the job says onError: 'fail': ${name}: ${message}${place === undefined ? '' : ` (${place})`}. Nothing of it is lost: the shard waits. Mend the program, or let such records go to the dead letters (without onError), and start or deploy it again`,
    { cause },
  )
}
