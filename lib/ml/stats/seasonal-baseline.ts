import { describeValue } from '../../values/describe-value.ts'
import { MillraceError } from '../../values/errors.ts'
import { checkParameter } from '../vectors.ts'
import { checkFinite, type Detector } from './detector.ts'
import { summary, type Summary } from './summary.ts'
import { scoreOf } from './z-score.ts'

/** A value and when it was measured, epoch ms. */
export interface Timed {
  readonly value: number
  readonly at: number
}

export interface SeasonalScore extends Timed {
  /** Which slot of the season it is in, from 0. */
  readonly slot: number
  /** Mean of the slot before; null while there are fewer than minCount values. */
  readonly expected: number | null
  /** How many standard deviations of the slot the value is from `expected`; 0 while there is none. */
  readonly score: number
}

const HOUR_MS = 3_600_000
const HOURS_OF_A_WEEK = 168
/** 1 January 1970 was a Thursday: slot 0 is Monday, 0 h. */
const MONDAY_MS = 4 * 24 * HOUR_MS

/**
 * Returns each value beside the mean of its slot of the season so far, the hour of the week (UTC) unless told otherwise: what is usual on Mondays at 8 is not odd on Mondays at 8. A summary (Welford) per slot.
 * Slot = floor((at - Monday, 5 January 1970) / slotMs) mod slots.
 */
export function seasonalBaseline(
  options: { readonly slots?: number; readonly slotMs?: number; readonly minCount?: number } = {},
): Detector<Timed, readonly (readonly [slot: number, values: Summary])[], SeasonalScore> {
  const name = 'seasonalBaseline'
  const { slots = HOURS_OF_A_WEEK, slotMs = HOUR_MS, minCount = 3 } = options
  checkParameter(name, 'slots', slots, { from: 1, to: 10_000, whole: true })
  checkParameter(name, 'slotMs', slotMs, { from: 1, whole: true })
  checkParameter(name, 'minCount', minCount, { from: 2, whole: true })
  const { create, mergeValue, variance } = summary()
  return Object.freeze<Detector<Timed, readonly (readonly [number, Summary])[], SeasonalScore>>({
    name,
    initial: [],
    next: (state, timed) => {
      if (typeof timed !== 'object' || timed === null)
        throw new MillraceError('BAD_VALUE', `${name} got ${describeValue(timed)}; it takes { value, at }, at being epoch milliseconds`)
      const { value, at } = timed
      checkFinite(value, name)
      checkFinite(at, `${name}, at:`)
      const slot = (((Math.floor((at - MONDAY_MS) / slotMs) % slots) + slots) % slots) + 0
      const held = state.find(([of]) => of === slot)?.[1]
      const known = held !== undefined && held.count >= minCount
      const score = known ? scoreOf(value - held.mean, Math.sqrt(variance(held, { sample: true }))) : 0
      const next = held === undefined ? create(value) : mergeValue(held, value)
      return {
        state: [...state.filter(([of]) => of !== slot), [slot, next] as const],
        result: { value, at, slot, expected: known ? held.mean : null, score },
      }
    },
  })
}
