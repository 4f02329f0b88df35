import { MillraceError } from '../../values/errors.ts'
import { describeValue } from '../../values/describe-value.ts'

/** Wall-clock time of a zone: both ways, in epoch ms (wall ms are those that the wall clock would show in UTC). */
export interface Zone {
  toWall(instantMs: number): number
  /** Of a time that the clock shows twice the first; of one that it skips the time after the gap, as Java does. */
  toInstant(wallMs: number): number
}

export const UTC: Zone = Object.freeze({ toWall: (ms: number) => ms, toInstant: (ms: number) => ms })

const QUARTER_MS = 15 * 60_000
/** Offsets that are kept; a window of a month of quarters fits several times. */
const MAX_KEPT = 20_000

/** Returns a zone by its IANA name. */
export function zoneOf(name: unknown): Zone {
  if (name === undefined || name === 'UTC') return UTC
  let format: Intl.DateTimeFormat
  try {
    if (typeof name !== 'string') throw new TypeError('no text')
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch (cause) {
    throw new MillraceError('BAD_PROGRAM', `sql: timeZone is ${describeValue(name)}; it must be the IANA name of a zone, such as 'Europe/Berlin'`, { cause })
  }
  const kept = new Map<number, number | undefined>()
  const measure = (ms: number): number => offsetOf(format, ms)
  const offset = (ms: number): number => {
    const quarter = Math.floor(ms / QUARTER_MS)
    if (!kept.has(quarter)) {
      if (kept.size >= MAX_KEPT) kept.clear()
      const [from, to] = [measure(quarter * QUARTER_MS), measure((quarter + 1) * QUARTER_MS - 1)]
      kept.set(quarter, from === to ? from : undefined)
    }
    return kept.get(quarter) ?? measure(ms)
  }
  return Object.freeze({
    toWall: (ms: number) => ms + offset(ms),
    toInstant: (wall: number) => {
      // The offsets of a day before and after: where they agree, or one of them gives this wall time, that is it.
      const [before, after] = [offset(wall - 86_400_000), offset(wall + 86_400_000)]
      const first = wall - before
      if (before === after || offset(first) === before) return first
      const second = wall - after
      return offset(second) === after ? second : first
    },
  })
}

function offsetOf(format: Intl.DateTimeFormat, ms: number): number {
  const part: Record<string, string> = {}
  for (const { type, value } of format.formatToParts(ms)) part[type] = value
  const number = (name: string): number => Number(part[name])
  const year = part['era'] === 'BC' || part['era'] === 'B' ? 1 - number('year') : number('year')
  const wall = new Date(0)
  wall.setUTCFullYear(year, number('month') - 1, number('day'))
  wall.setUTCHours(number('hour'), number('minute'), number('second'), 0)
  return wall.getTime() - Math.floor(ms / 1000) * 1000
}
