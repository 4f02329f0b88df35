import { MillraceError } from '../../values/errors.ts'
import type { Clock } from './clock.ts'

/** A clock that moves when it is told to, and never backwards. */
export class ManualClock implements Clock {
  #now: number

  constructor(startMs = 0) {
    this.#now = whole(startMs)
  }

  now(): number {
    return this.#now
  }

  /** Moves the clock on by this many milliseconds. */
  advance(byMs: number): void {
    this.moveTo(this.#now + byMs)
  }

  /** Moves the clock on to this time, epoch ms. */
  moveTo(timeMs: number): void {
    if (whole(timeMs) < this.#now)
      throw new MillraceError(
        'BAD_VALUE',
        `a clock at ${this.#now} ms was told to move to ${timeMs} ms: it only moves forward; make a new one to start earlier`,
      )
    this.#now = timeMs
  }
}

function whole(timeMs: number): number {
  if (!Number.isSafeInteger(timeMs)) throw new MillraceError('BAD_VALUE', `a clock was set to ${timeMs} ms: its time must be whole milliseconds; round it`)
  return timeMs
}
