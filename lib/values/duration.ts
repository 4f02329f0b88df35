import { describeValue } from './describe-value.ts'
import { MillraceError } from './errors.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** A span of time in whole milliseconds; may be negative. Immutable, with Spark's arithmetic. Made by `milliseconds`, `seconds`, `minutes` or `hours`. */
export class Duration {
  readonly milliseconds: number

  constructor(ms: number) {
    if (!Number.isSafeInteger(ms)) {
      throw new MillraceError(
        'BAD_VALUE',
        `a duration got ${describeValue(ms)} as its milliseconds: they must be a whole number; round it, or use a smaller unit`,
      )
    }
    this.milliseconds = ms + 0 // -0 becomes 0
    Object.freeze(this)
  }

  plus(that: Duration): Duration {
    return new Duration(this.milliseconds + that.milliseconds)
  }

  minus(that: Duration): Duration {
    return new Duration(this.milliseconds - that.milliseconds)
  }

  /** Returns this duration `n` times; the result must be whole milliseconds. */
  times(n: number): Duration {
    return new Duration(this.milliseconds * n)
  }

  /** Returns how often `that` goes into this duration: a number, 0.5 for half. */
  div(that: Duration): number {
    if (that.isZero()) throw new MillraceError('BAD_VALUE', `${this} cannot be divided by a duration of 0 ms: use a longer one`)
    return this.milliseconds / that.milliseconds
  }

  less(that: Duration): boolean {
    return this.milliseconds < that.milliseconds
  }

  lessEq(that: Duration): boolean {
    return this.milliseconds <= that.milliseconds
  }

  greater(that: Duration): boolean {
    return this.milliseconds > that.milliseconds
  }

  greaterEq(that: Duration): boolean {
    return this.milliseconds >= that.milliseconds
  }

  equals(that: Duration): boolean {
    return this.milliseconds === that.milliseconds
  }

  isMultipleOf(that: Duration): boolean {
    if (that.isZero()) throw new MillraceError('BAD_VALUE', `${this} cannot be compared with multiples of a duration of 0 ms: use a longer one`)
    return this.milliseconds % that.milliseconds === 0
  }

  min(that: Duration): Duration {
    return this.less(that) ? this : that
  }

  max(that: Duration): Duration {
    return this.greater(that) ? this : that
  }

  isZero(): boolean {
    return this.milliseconds === 0
  }

  /** Spark's: the bare number of milliseconds. */
  toFormattedString(): string {
    return String(this.milliseconds)
  }

  toString(): string {
    return `${this.milliseconds} ms`
  }

  /** Returns the duration for people, as Spark's user interface shows it: `500 ms`, `1.5 s`, `2.0 m`, `1.25 h`. */
  prettyPrint(): string {
    const ms = this.milliseconds
    if (ms < SECOND) return `${ms} ms`
    if (ms < MINUTE) return `${(ms / SECOND).toFixed(1)} s`
    if (ms < HOUR) return `${(ms / MINUTE).toFixed(1)} m`
    return `${(ms / HOUR).toFixed(2)} h`
  }
}

/** Returns a duration of `n` milliseconds, a whole number. */
export function milliseconds(n: number): Duration {
  return new Duration(n)
}

/** Returns a duration of `n` seconds; fractions must come to whole milliseconds. */
export function seconds(n: number): Duration {
  return ofUnit(n, SECOND, 'seconds')
}

/** Returns a duration of `n` minutes; fractions must come to whole milliseconds. */
export function minutes(n: number): Duration {
  return ofUnit(n, MINUTE, 'minutes')
}

/** Returns a duration of `n` hours; fractions must come to whole milliseconds. */
export function hours(n: number): Duration {
  return ofUnit(n, HOUR, 'hours')
}

function ofUnit(n: number, unitMs: number, unit: string): Duration {
  const ms = typeof n === 'number' ? Math.round(n * unitMs) : NaN
  // 1.005 * 1000 is 1004.9999999999999: what the user wrote is whole milliseconds all the same.
  if (!Number.isSafeInteger(ms) || Math.abs(ms - n * unitMs) > 1e-6 * Math.max(1, Math.abs(n))) {
    throw new MillraceError(
      'BAD_VALUE',
      `${unit}(...) got ${describeValue(n)}: it must be a number that comes to whole milliseconds; round it, or use milliseconds(n)`,
    )
  }
  return new Duration(ms)
}
