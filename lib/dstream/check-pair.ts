import { refusePromise } from './check-function.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'

/** Throws unless the row is an array of two: what `operator` takes is pairs. */
export function checkPair(row: unknown, operator: string): asserts row is readonly [key: unknown, value: unknown] {
  if (!Array.isArray(row) || row.length !== 2) {
    refusePromise(row, operator)
    throw new MillraceError(
      'BAD_VALUE',
      `${operator} takes pairs, but got ${describeValue(row)}: a row must be an array [key, value]; make pairs with mapToPair, flatMapToPair or keyBy`,
    )
  }
}
