import { MillraceError } from '../../values/errors.ts'

/** What a number in a time field counts. */
export type TimeUnit = 's' | 'ms' | 'us' | 'ns'

/** For messages. */
export const DATE_FORMS =
  'epoch seconds, ms, us or ns (a number or its text), 2026-11-27T10:00:00Z, 2026-11-27 10:00:00,123 (UTC without a zone), 27/Nov/2026:10:00:00 +0100, Nov 27 10:00:00'

const MS_PER: Readonly<Record<TimeUnit, number>> = { s: 1000, ms: 1, us: 1 / 1000, ns: 1 / 1_000_000 }
/** The greatest numbers that are seconds, ms and us: the year 5138 in each. 1e8 seconds are 1973: below it a number does not tell what it counts. */
const [MIN_TELLING, MAX_S, MAX_MS, MAX_US] = [1e8, 1e11, 1e14, 1e17]
/** Of a Date. */
const MAX_DATE_MS = 8.64e15

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const ISO = /^(\d{4})[-/](\d\d?)[-/](\d\d?)(?:[T ](\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?\s?(Z|UTC|[+-]\d\d(?::?\d\d)?)?$/i
/** Of web servers: the Common Log Format. */
const CLF = /^\[?(\d\d?)\/([A-Za-z]{3})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?: ([+-]\d{4}))?\]?$/
/** RFC 3164. It has no year. */
const SYSLOG = /^([A-Za-z]{3}) +(\d\d?) (\d\d):(\d\d):(\d\d)(?:[.,](\d+))?$/

/** Reads the dates of one stream in their order. What the first number counts, all count; a date without a year is the one nearest to the date before. */
export class DateReader {
  #unit: TimeUnit | undefined
  #nearMs: number

  /** `nearMs`: a date without a year that comes first is the one nearest to this. */
  constructor({ unit, nearMs }: { readonly unit: TimeUnit | undefined; readonly nearMs: number }) {
    this.#unit = unit
    this.#nearMs = nearMs
  }

  /** Returns epoch ms; undefined: it is no date. */
  read(value: unknown): number | undefined {
    const ms = this.#parse(value)
    if (ms !== undefined) this.#nearMs = ms
    return ms
  }

  #parse(value: unknown): number | undefined {
    if (typeof value === 'number') return Number.isFinite(value) ? this.#number(value, String(value)) : undefined
    if (typeof value !== 'string') return undefined
    const text = value.trim()
    if (/^-?\d+(\.\d+)?$/.test(text)) return this.#number(Number(text), text)
    const [, month, day, ...time] = SYSLOG.exec(text) ?? []
    if (month !== undefined) return this.#nearest(month, day ?? '', time)
    return parseDate(text)
  }

  #number(value: number, text: string): number | undefined {
    const size = Math.abs(value)
    if (this.#unit === undefined && size >= MIN_TELLING) this.#unit = size < MAX_S ? 's' : size < MAX_MS ? 'ms' : size < MAX_US ? 'us' : 'ns'
    const unit = this.#unit ?? 'ms'
    // Whole numbers are divided exactly: 19 digits are more than a number holds.
    const ms =
      /^-?\d+$/.test(text) && (unit === 'us' || unit === 'ns')
        ? Number(floorDivide(BigInt(text), unit === 'us' ? 1_000n : 1_000_000n))
        : Math.floor(value * MS_PER[unit])
    return Math.abs(ms) <= MAX_DATE_MS ? ms : undefined
  }

  #nearest(month: string, day: string, [hour, minute, second, fraction]: readonly (string | undefined)[]): number | undefined {
    const year = new Date(this.#nearMs).getUTCFullYear()
    const dates = [year - 1, year, year + 1].flatMap((one) => msOf([String(one), monthOf(month), day, hour, minute, second, fraction], undefined) ?? [])
    return dates.length === 0 ? undefined : dates.reduce((a, b) => (Math.abs(b - this.#nearMs) < Math.abs(a - this.#nearMs) ? b : a))
  }
}

/** Returns epoch ms of a date as text: without a zone it is UTC, as a replay must not depend on where it runs. undefined: it is none. */
export function parseDate(text: string): number | undefined {
  const iso = ISO.exec(text)
  if (iso !== null) return msOf(iso.slice(1, 8), iso[8])
  const [, day, month, year, hour, minute, second, fraction, zone] = CLF.exec(text) ?? []
  return day === undefined ? undefined : msOf([year, monthOf(month ?? ''), day, hour, minute, second, fraction], zone)
}

function monthOf(name: string): string {
  return String(MONTHS.indexOf(name.toLowerCase()) + 1)
}

function msOf(parts: readonly (string | undefined)[], zone: string | undefined): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(0, 6).map((part) => Number(part ?? 0))
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 60) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second, Number((parts[6] ?? '').slice(0, 3).padEnd(3, '0')))
  if (zone === undefined || /^(z|utc)$/i.test(zone)) return date.getTime()
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.replace(':', '').slice(3, 5))
  return date.getTime() - (zone.startsWith('-') ? -1 : 1) * minutes * 60_000
}

function floorDivide(a: bigint, b: bigint): bigint {
  return a < 0n && a % b !== 0n ? a / b - 1n : a / b
}

/** Returns the time that a text names: a date (UTC without a zone) or epoch milliseconds. */
export function parseStart(text: string, option = '--start'): number {
  const ms = /^\d+$/.test(text) ? Number(text) : parseDate(text)
  if (ms === undefined || !Number.isSafeInteger(ms) || ms < 0)
    throw new MillraceError('USAGE', `${option} ${text} is not a time; write a date such as 2026-01-31T12:00:00Z, or epoch milliseconds`)
  return ms
}
