import { describeValue } from './describe-value.ts'
import { Duration } from './duration.ts'
import { MillraceError } from './errors.ts'

/** A point in time: whole epoch milliseconds. Immutable, with Spark's arithmetic. Made by `time(ms)`. */
export class Time {
  readonly milliseconds: number

  constructor(ms: number) {
    if (!Number.isSafeInteger(ms)) {
      throw new MillraceError('BAD_VALUE', `a time got ${describeValue(ms)} as its epoch milliseconds: they must be a whole number; of a Date use getTime()`)
    }
    this.milliseconds = ms + 0 // -0 becomes 0
    Object.freeze(this)
  }

  plus(that: Duration): Time {
    return new Time(this.milliseconds + that.milliseconds)
  }

  /** Returns the duration since another time, or the time a duration earlier. */
  minus(that: Time): Duration
  minus(that: Duration): Time
  minus(that: Time | Duration): Duration | Time {
    const ms = this.milliseconds - that.milliseconds
    return that instanceof Time ? new Duration(ms) : new Time(ms)
  }

  less(that: Time): boolean {
    return this.milliseconds < that.milliseconds
  }

  lessEq(that: Time): boolean {
    return this.milliseconds <= that.milliseconds
  }

  greater(that: Time): boolean {
    return this.milliseconds > that.milliseconds
  }

  greaterEq(that: Time): boolean {
    return this.milliseconds >= that.milliseconds
  }

  equals(that: Time): boolean {
    return this.milliseconds === that.milliseconds
  }

  /** Returns the last multiple of `step` (counted from `zero`, or the epoch) that is not later. Before `zero` it rounds towards `zero`, as Spark's division does. */
  floor(step: Duration, zero?: Time): Time {
    const from = zero?.milliseconds ?? 0
    const stepMs = positive(step, 'floor')
    return new Time(Math.trunc((this.milliseconds - from) / stepMs) * stepMs + from)
  }

  isMultipleOf(step: Duration): boolean {
    return this.milliseconds % positive(step, 'isMultipleOf') === 0
  }

  min(that: Time): Time {
    return this.less(that) ? this : that
  }

  max(that: Time): Time {
    return this.greater(that) ? this : that
  }

  /** Returns this time and every `step` after it that is earlier than `end`. */
  until(end: Time, step: Duration): readonly Time[] {
    return this.#range(end.milliseconds, positive(step, 'until'))
  }

  /** Returns this time and every `step` after it up to `end`, which is included when it is hit. */
  to(end: Time, step: Duration): readonly Time[] {
    return this.#range(end.milliseconds + 1, positive(step, 'to'))
  }

  #range(endMs: number, stepMs: number): readonly Time[] {
    const times: Time[] = []
    for (let ms = this.milliseconds; ms < endMs; ms += stepMs) times.push(new Time(ms))
    return times
  }

  /** Returns the time as JavaScript's Date writes it: `2026-01-31T12:00:00.000Z`. */
  toISOString(): string {
    const date = new Date(this.milliseconds)
    if (Number.isNaN(date.getTime())) throw new MillraceError('BAD_VALUE', `time ${this} has no ISO form: it must lie within 8.64e15 ms of the epoch`)
    return date.toISOString()
  }

  toString(): string {
    return `${this.milliseconds} ms`
  }
}

/** Returns the point in time `ms` milliseconds after the epoch; a whole number. */
export function time(ms: number): Time {
  return new Time(ms)
}

function positive(step: Duration, method: string): number {
  if (step.milliseconds <= 0) throw new MillraceError('BAD_VALUE', `Time.${method} got a step of ${step}: it must be longer than 0 ms`)
  return step.milliseconds
}
