import type { Duration } from './duration.ts'
import { MillraceError } from './errors.ts'
import type { Time } from './time.ts'

/** A stretch of time between two times; both ends belong to it. Immutable. Made by `interval`. */
export class Interval {
  readonly beginTime: Time
  readonly endTime: Time

  constructor(beginTime: Time, endTime: Time) {
    if (endTime.less(beginTime))
      throw new MillraceError('BAD_VALUE', `an interval got begin ${beginTime} and end ${endTime}: it must not end before it begins; swap them`)
    this.beginTime = beginTime
    this.endTime = endTime
    Object.freeze(this)
  }

  /** Returns the time from begin to end. */
  get duration(): Duration {
    return this.endTime.minus(this.beginTime)
  }

  /** Returns this interval moved later. */
  plus(by: Duration): Interval {
    return new Interval(this.beginTime.plus(by), this.endTime.plus(by))
  }

  /** Returns this interval moved earlier. */
  minus(by: Duration): Interval {
    return new Interval(this.beginTime.minus(by), this.endTime.minus(by))
  }

  /** Compares where two intervals of the same length end. */
  less(that: Interval): boolean {
    if (!this.duration.equals(that.duration)) {
      throw new MillraceError(
        'BAD_VALUE',
        `intervals ${this} and ${that} last ${this.duration} and ${that.duration}: only intervals of the same length can be compared`,
      )
    }
    return this.endTime.less(that.endTime)
  }

  lessEq(that: Interval): boolean {
    return !that.less(this)
  }

  greater(that: Interval): boolean {
    return that.less(this)
  }

  greaterEq(that: Interval): boolean {
    return !this.less(that)
  }

  equals(that: Interval): boolean {
    return this.beginTime.equals(that.beginTime) && this.endTime.equals(that.endTime)
  }

  toString(): string {
    return `[${this.beginTime}, ${this.endTime}]`
  }
}

/** Returns the stretch of time from `begin` to `end`, both included: `interval(time, time.plus(seconds(10)))`. */
export function interval(begin: Time, end: Time): Interval {
  return new Interval(begin, end)
}
