import type { Cogrouped } from './cogroup.ts'

/** Returns every value of the left with every value of the right: an inner join of one key. */
export function inner<V, W>([left, right]: Cogrouped<V, W>): readonly (readonly [V, W])[] {
  return left.flatMap((v) => right.map((w) => [v, w] as const))
}

/** Returns the inner join, and left values without a partner beside `undefined`. */
export function leftOuter<V, W>([left, right]: Cogrouped<V, W>): readonly (readonly [V, W | undefined])[] {
  return inner<V, W | undefined>([left, right.length > 0 ? right : [undefined]])
}

/** Returns the inner join, and right values without a partner beside `undefined`. */
export function rightOuter<V, W>([left, right]: Cogrouped<V, W>): readonly (readonly [V | undefined, W])[] {
  return inner<V | undefined, W>([left.length > 0 ? left : [undefined], right])
}

/** Returns the inner join, and what has no partner on either side beside `undefined`. */
export function fullOuter<V, W>([left, right]: Cogrouped<V, W>): readonly (readonly [V | undefined, W | undefined])[] {
  return inner<V | undefined, W | undefined>([left.length > 0 ? left : [undefined], right.length > 0 ? right : [undefined]])
}
