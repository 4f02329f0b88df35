import type { Key } from '../values/key.ts'
import { definite } from './definite.ts'

type Inverse = (a: unknown, b: unknown) => unknown

/** Returns what is left of a result when `out` leaves (undefined: nothing does); undefined where that cannot be told from the two, and all that is left must be looked at. */
export function takeOut(inverse: Inverse, { key, before, out }: { readonly key: Key; readonly before: unknown; readonly out: unknown }): unknown {
  if (out === undefined) return before
  let rest: unknown
  try {
    rest = inverse(before, out)
  } catch {
    return undefined
  }
  // 0: is it 0 or -0 that is left?
  return definite(rest, key) === 0 || !subtractsOut(rest) ? undefined : rest
}

/** Returns what a key shows when all of it, `out`, has left; undefined where there is no such value. Not a result less what left: of fractions something may remain. */
export function neutralOf(inverse: Inverse, out: unknown): unknown {
  try {
    const value = inverse(out, out)
    return subtractsOut(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Whether no number in it is NaN or infinite: nothing can be taken out of these. */
function subtractsOut(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true
  return (Array.isArray(value) ? value : value instanceof Map ? [...value.values()] : Object.values(value)).every(subtractsOut)
}
