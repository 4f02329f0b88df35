import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'

const ASYNCHRONOUS: ReadonlySet<string> = new Set(import.meta.inReceive ? [] : ['AsyncFunction', 'AsyncGeneratorFunction'])
const REMEDY = 'load what it needs with a static table, or do the call in foreachRDD'

/** Throws unless `f` is a synchronous function: `operator` calls it once for every row or batch and cannot wait. */
export function checkFunction(f: unknown, operator: string): void {
  // The program that receive runs has been planned before it was deployed.
  if (!import.meta.inReceive && typeof f !== 'function') throw new MillraceError('BAD_PROGRAM', `${operator} got ${describeValue(f)}; it takes a function`)
  if (!import.meta.inReceive && ASYNCHRONOUS.has((f as () => void).constructor.name))
    throw new MillraceError('BAD_PROGRAM', `${operator} got ${describeValue(f)}, which is asynchronous: a Promise is never a record; ${REMEDY}`)
}

/** Returns a function of two values that must become one: what it leaves out with `return` is refused under the operator's name. */
export function reducing(f: unknown, operator: string): (a: unknown, b: unknown) => unknown {
  checkFunction(f, operator)
  const reduce = f as (a: unknown, b: unknown) => unknown
  return (a, b) => {
    const result = reduce(a, b)
    if (result === undefined) throw missing(operator)
    return result
  }
}

/** Throws when what a user's function made of two values is none: it is asked for every row, so ask only where the result is undefined or an object. */
export function checkCombined(result: unknown, operator: string): void {
  if (result === undefined) throw missing(operator)
  refusePromise(result, operator)
}

function missing(operator: string): MillraceError {
  return new MillraceError('BAD_VALUE', `the function of ${operator} returned undefined: it must return a value (null will do); is a return missing?`)
}

/** Throws when a user's function gave a Promise after all. */
export function refusePromise(result: unknown, operator: string): void {
  if (typeof result === 'object' && result !== null && !Array.isArray(result) && typeof (result as { readonly then?: unknown }).then === 'function') {
    // It is refused here and now; should it reject later on, that is no news and must not end the process.
    if (result instanceof Promise) result.catch(() => {})
    throw new MillraceError('BAD_VALUE', `the function of ${operator} returned a Promise: a Promise is never a record; ${REMEDY}`)
  }
}

/** Returns the values of an iterable that a user's function gave; throws when it gave something else. */
export function checkIterable(result: unknown, operator: string): Iterable<unknown> {
  refusePromise(result, operator)
  if (result === null || result === undefined || typeof (result as Iterable<unknown>)[Symbol.iterator] !== 'function') {
    throw new MillraceError(
      'BAD_VALUE',
      `the function of ${operator} returned ${describeValue(result)}: it must return an iterable, for example an array; [] for nothing`,
    )
  }
  return result as Iterable<unknown>
}
