import { MillraceError } from '../values/errors.ts'
import { positiveMs } from './check-duration.ts'
import type { Node, OperatorState, Stateful } from './node.ts'
import { nextSlide } from './next-slide.ts'

/**
 * How a window is kept: in panes, each named by its end, as wide as the greatest common divisor of window and slide. All in ms.
 *
 *            |-------- window ---------|
 *   |  pane  |  pane  |  pane  |  pane |        the next slide drops the first pane of the window
 *            t - window                t        and takes in what has come since
 */
export interface Panes {
  readonly windowMs: number
  readonly slideMs: number
  readonly widthMs: number
  /** What must not change while panes exist. */
  readonly stateful: Stateful
  /** The pane that rows of this batch time go to; undefined: no window will ever see them (window shorter than slide). */
  paneOf(time: number): number | undefined
  /** The panes that exist and lie in the window ending at `time`, ascending. */
  within(state: OperatorState, time: number): readonly number[]
  /** The panes that exist and end before the window ending at `time` begins, ascending. */
  before(state: OperatorState, time: number): readonly number[]
  isDue(time: number): boolean
}

/** Group of an operator's state that holds no pane and no result: what it has to remember besides. */
export const ASIDE = -1

/** Returns the panes of a window over a parent; throws, with Spark's rule, when window or slide do not fit the parent's slide. */
export function panesOf(parent: Node, window: unknown, slide: unknown, operator: string): Panes {
  const windowMs = positiveMs(window, `${operator}: the window duration`)
  const slideMs = slide === undefined ? parent.slideMs : positiveMs(slide, `${operator}: the slide duration`)
  if (!import.meta.inReceive) {
    checkMultiple('window', windowMs, parent.slideMs, operator)
    checkMultiple('slide', slideMs, parent.slideMs, operator)
  }
  const widthMs = gcd(windowMs, slideMs)
  const paneOf = (time: number): number | undefined => {
    const due = Math.ceil(time / slideMs) * slideMs
    return time > due - windowMs ? Math.ceil(time / widthMs) * widthMs : undefined
  }
  return Object.freeze<Panes>({
    windowMs,
    slideMs,
    widthMs,
    stateful: { keeps: { windowMs, slideMs, parentSlideMs: parent.slideMs }, passesOver: (time) => paneOf(time) === undefined },
    paneOf,
    within: (state, time) => state.groups().filter((end) => end > 0 && end > time - windowMs && end <= time),
    before: (state, time) => state.groups().filter((end) => end > 0 && end <= time - windowMs),
    isDue: (time) => time % slideMs === 0,
  })
}

/** Returns when a windowed operator has to run again although nothing arrives: at its next slide while it holds anything, so that the window drains and its last, empty result is put out. */
export function nextDueOf(panes: Panes, state: OperatorState, time: number): number | null {
  return state.groups().some((group) => group > 0) ? nextSlide(time, panes.slideMs) : null
}

function checkMultiple(what: 'window' | 'slide', ms: number, parentMs: number, operator: string): void {
  if (ms % parentMs === 0) return
  const lower = Math.floor(ms / parentMs) * parentMs
  const near = lower > 0 ? `${lower} ms or ${lower + parentMs} ms` : `${parentMs} ms`
  throw new MillraceError(
    'BAD_PROGRAM',
    `${operator}: The ${what} duration of windowed DStream (${ms} ms) must be a multiple of the slide duration of parent DStream (${parentMs} ms); take ${near}, or change the batch interval`,
  )
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
