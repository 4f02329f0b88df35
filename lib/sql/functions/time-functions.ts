import { MillraceError } from '../../values/errors.ts'
import type { SqlValue } from '../open-sqlite.ts'
import { datePattern } from './date-pattern.ts'
import { integer, numberOf, strict, takes, textOf, type Environment, type ScalarFunction } from './define.ts'
import { dateText, dayOf, instantOf, timestampText, wallMs } from './timestamp.ts'

const DAY_MS = 86_400_000
const SPARKS_FORM = 'yyyy-MM-dd HH:mm:ss'

/** Returns Spark's functions of times, in the statement's zone. What is no time gives NULL. */
export function timeFunctions({ zone, batchTime, windowStart, windowEnd }: Environment): Readonly<Record<string, ScalarFunction>> {
  const part = (of: (date: Date) => number): ScalarFunction =>
    strict(1, 1, (value) => {
      const wall = wallMs(value, zone)
      return wall === null ? null : integer(of(new Date(wall)))
    })
  const fromWall = (wall: number | null): string | null => (wall === null ? null : timestampText(zone.toInstant(wall)))
  const instant = (value: SqlValue | undefined, pattern: SqlValue | undefined): number | null => {
    if (pattern === undefined) return instantOf(value, zone)
    const parsed = datePattern(textOf(pattern)).parse(textOf(value))
    if (parsed === null) return null
    return parsed.offsetMs === undefined ? zone.toInstant(parsed.wall) : parsed.wall - parsed.offsetMs
  }
  const format = (ms: number, pattern: string): string | null => {
    if (timestampText(ms) === null) return null
    const wall = zone.toWall(ms)
    return datePattern(pattern).format(wall, wall - ms)
  }
  const shiftDays = (sign: number): ScalarFunction =>
    strict(2, 2, (value, days) => {
      const wall = wallMs(value, zone)
      return wall === null || Number.isNaN(numberOf(days)) ? null : dateText((dayOf(wall) + sign * Math.trunc(numberOf(days))) * DAY_MS)
    })
  const dateAdd = shiftDays(1)
  const dateSub = shiftDays(-1)
  const dateDiff = strict(2, 2, (end, start) => {
    const [a, b] = [wallMs(end, zone), wallMs(start, zone)]
    return a === null || b === null ? null : integer(dayOf(a) - dayOf(b))
  })
  return {
    batch_time: takes(0, 0, () => timestampText(batchTime())),
    window_start: takes(0, 0, () => timestampText(windowStart())),
    window_end: takes(0, 0, () => timestampText(windowEnd())),
    date_trunc: strict(2, 2, (unit, value) => {
      const wall = wallMs(value, zone)
      return wall === null ? null : fromWall(truncate(textOf(unit).toLowerCase(), wall))
    }),
    to_timestamp: strict(1, 2, (value, pattern) => {
      const ms = instant(value, pattern)
      return ms === null ? null : timestampText(ms)
    }),
    to_date: strict(1, 2, (value, pattern) => {
      const ms = instant(value, pattern)
      return ms === null ? null : dateText(zone.toWall(ms))
    }),
    from_unixtime: strict(1, 2, (seconds, pattern) => {
      const ms = Math.trunc(numberOf(seconds)) * 1000
      return Number.isNaN(ms) ? null : format(ms, pattern === undefined ? SPARKS_FORM : textOf(pattern))
    }),
    unix_timestamp: strict(1, 2, (value, pattern) => {
      const ms = instant(value, pattern)
      return ms === null ? null : integer(ms / 1000)
    }),
    timestamp_millis: strict(1, 1, (value) => (Number.isNaN(numberOf(value)) ? null : timestampText(Math.trunc(numberOf(value))))),
    timestamp_seconds: strict(1, 1, (value) => (Number.isNaN(numberOf(value)) ? null : timestampText(Math.trunc(numberOf(value) * 1000)))),
    unix_millis: strict(1, 1, (value) => {
      const ms = instantOf(value, zone)
      return ms === null ? null : integer(ms)
    }),
    date_format: strict(2, 2, (value, pattern) => {
      const ms = instantOf(value, zone)
      return ms === null ? null : format(ms, textOf(pattern))
    }),
    date_add: dateAdd,
    dateadd: dateAdd,
    date_sub: dateSub,
    datediff: dateDiff,
    date_diff: dateDiff,
    year: part((d) => d.getUTCFullYear()),
    quarter: part((d) => Math.floor(d.getUTCMonth() / 3) + 1),
    month: part((d) => d.getUTCMonth() + 1),
    day: part((d) => d.getUTCDate()),
    dayofmonth: part((d) => d.getUTCDate()),
    hour: part((d) => d.getUTCHours()),
    minute: part((d) => d.getUTCMinutes()),
    second: part((d) => d.getUTCSeconds()),
    dayofweek: part((d) => d.getUTCDay() + 1),
    weekday: part((d) => (d.getUTCDay() + 6) % 7),
    dayofyear: part((d) => dayOf(d.getTime()) - dayOf(startOf(d, 0)) + 1),
    weekofyear: part(weekOf),
    last_day: strict(1, 1, (value) => {
      const wall = wallMs(value, zone)
      if (wall === null) return null
      const date = new Date(wall)
      return dateText(startOf(date, date.getUTCMonth() + 1) - DAY_MS)
    }),
    window: strict(2, 4, (value, length, slide, start) => {
      const ms = instantOf(value, zone)
      const [window, step] = [durationOf(length), durationOf(slide ?? length)]
      if (window !== step)
        throw new MillraceError(
          'BAD_VALUE',
          `sql: window(ts, '${textOf(length)}', '${textOf(slide)}'): as a function it gives one window per row, so its slide must be its length`,
        )
      const offset = start === undefined ? 0 : durationOf(start, true)
      return ms === null ? null : timestampText(ms - ((((ms - offset) % window) + window) % window))
    }),
  }
}

/** Returns the start of the unit that wall-clock ms lie in; null for a unit that there is not. */
function truncate(unit: string, wall: number): number | null {
  const date = new Date(wall)
  switch (unit) {
    case 'year':
    case 'yyyy':
    case 'yy':
      return startOf(date, 0)
    case 'quarter':
      return startOf(date, Math.floor(date.getUTCMonth() / 3) * 3)
    case 'month':
    case 'mon':
    case 'mm':
      return startOf(date, date.getUTCMonth())
    case 'week':
      return (dayOf(wall) - ((date.getUTCDay() + 6) % 7)) * DAY_MS
    case 'day':
    case 'dd':
      return dayOf(wall) * DAY_MS
    case 'hour':
      return Math.floor(wall / 3_600_000) * 3_600_000
    case 'minute':
      return Math.floor(wall / 60_000) * 60_000
    case 'second':
      return Math.floor(wall / 1000) * 1000
    case 'millisecond':
    case 'microsecond':
      return wall
    default:
      return null
  }
}

/** The first of a month of the date's year; of month 12 that of the next. */
function startOf(date: Date, month: number): number {
  const start = new Date(0)
  start.setUTCFullYear(date.getUTCFullYear(), month, 1)
  return start.getTime()
}

/** ISO's week: that of the Thursday in it. */
function weekOf(date: Date): number {
  const thursday = new Date(date.getTime() + (3 - ((date.getUTCDay() + 6) % 7)) * DAY_MS)
  return Math.floor((dayOf(thursday.getTime()) - dayOf(startOf(thursday, 0))) / 7) + 1
}

const UNITS: Readonly<Record<string, number>> = { millisecond: 1, second: 1000, minute: 60_000, hour: 3_600_000, day: DAY_MS, week: 7 * DAY_MS }

function durationOf(value: SqlValue | undefined, orZero = false): number {
  const text = textOf(value).trim().toLowerCase()
  let ms = 0
  const rest = text.replace(/^interval\s+/, '').replace(/(-?\d+)\s*([a-z]+?)s?(?=\s|$)\s*/g, (whole: string, n: string, unit: string) => {
    const size = UNITS[unit]
    if (size === undefined) return whole
    ms += Number(n) * size
    return ''
  })
  if (rest !== '' || text === '' || (ms <= 0 && !orZero))
    throw new MillraceError(
      'BAD_VALUE',
      `sql: '${textOf(value)}' is no length of a window; it must be such as '10 seconds', '5 minutes' or '1 hour 30 minutes'; months and years have none`,
    )
  return ms
}
