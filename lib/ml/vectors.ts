import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'

/** A point: finite numbers, as many as the model has dimensions. */
export type Vector = readonly number[]

/** Throws BAD_VALUE unless the value is a vector of this dimension. */
export function checkVector(value: unknown, dimension: number, who: string): asserts value is Vector {
  if (!Array.isArray(value) || value.length !== dimension)
    throw new MillraceError('BAD_VALUE', `${who} got ${describeValue(value)}; it takes vectors of ${dimension} numbers, as its model has`)
  const bad = value.findIndex((x) => !Number.isFinite(x))
  if (bad !== -1)
    throw new MillraceError('BAD_VALUE', `${who} got a vector with ${describeValue(value[bad])} at place ${bad}; a vector is made of finite numbers`)
}

/** Throws BAD_PROGRAM unless what the program gives is a vector. */
export function checkGiven(value: unknown, dimension: number | undefined, what: string): asserts value is Vector {
  if (Array.isArray(value) && value.length > 0 && value.every((x) => Number.isFinite(x)) && (dimension === undefined || value.length === dimension)) return
  throw new MillraceError(
    'BAD_PROGRAM',
    `${what}: it got ${describeValue(value)}; it must be an array of ${dimension === undefined ? 'at least one' : dimension} finite numbers`,
  )
}

/** Throws BAD_PROGRAM unless a parameter is in its range; `above`: the bound itself is not. */
export function checkParameter(
  who: string,
  what: string,
  value: unknown,
  range: { readonly from?: number; readonly above?: number; readonly to?: number; readonly whole?: boolean },
): void {
  const { from = -Infinity, above = -Infinity, to = Infinity, whole = false } = range
  if (typeof value === 'number' && value >= from && value > above && value <= to && Math.abs(value) < Infinity && (!whole || Number.isInteger(value))) return
  const rule = [
    ...(range.from === undefined ? [] : [`at least ${from}`]),
    ...(range.above === undefined ? [] : [`more than ${above}`]),
    ...(range.to === undefined ? [] : [`at most ${to}`]),
  ]
  throw new MillraceError('BAD_PROGRAM', `${who}: ${what} is ${describeValue(value)}; it must be a ${whole ? 'whole number' : 'number'} ${rule.join(' and ')}`)
}

export function dot(a: Vector, b: Vector): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}
