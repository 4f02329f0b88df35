import type { SqlValue } from '../open-sqlite.ts'
import type { Zone } from './zone.ts'

/** 0000-01-01 and the end of 9999-12-31, epoch ms: what four digits of a year hold. */
const FIRST_MS = -62_167_219_200_000
const LAST_MS = 253_402_300_799_999
const DAY_MS = 86_400_000

const TEXT = /^\s*(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?)?)?\s*$/i

/** Returns a timestamp as SQL has it, `YYYY-MM-DD HH:MM:SS.SSS` in UTC; null outside of the years 0000 to 9999. */
export function timestampText(ms: number): string | null {
  if (!(ms >= FIRST_MS && ms <= LAST_MS)) return null
  const text = new Date(ms).toISOString()
  return `${text.slice(0, 10)} ${text.slice(11, 23)}`
}

/** Returns the epoch ms of a text that timestampText made. */
export function timestampMs(text: string): number {
  return Date.parse(`${text.slice(0, 10)}T${text.slice(11)}Z`)
}

/** Returns a date as SQL has it, of wall-clock ms. */
export function dateText(wallMs: number): string | null {
  return wallMs >= FIRST_MS && wallMs <= LAST_MS ? new Date(wallMs).toISOString().slice(0, 10) : null
}

/**
 * Returns the epoch ms that a text means: a timestamp, or ISO with a zone, is what it says; without a zone it is the wall clock's of the statement's zone.
 * null for anything else, 'now' included.
 */
export function instantOf(value: SqlValue | undefined, zone: Zone): number | null {
  if (typeof value !== 'string') return null
  const match = TEXT.exec(value)
  if (match === null) return null
  const [, year, month = '1', day = '1', hour = '0', minute = '0', second = '0', fraction = '', offset] = match
  const wall = wallOf([Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second), Number(fraction.padEnd(3, '0').slice(0, 3))])
  if (wall === null) return null
  if (offset !== undefined) return wall - offsetMs(offset)
  return isTimestamp(value) ? wall : zone.toInstant(wall)
}

/** Wall-clock ms of the statement's zone. */
export function wallMs(value: SqlValue | undefined, zone: Zone): number | null {
  const instant = instantOf(value, zone)
  return instant === null ? null : zone.toWall(instant)
}

/** Whether it is of the very form that timestampText makes: then it is UTC, whatever the statement's zone. */
function isTimestamp(text: string): boolean {
  return text.length === 23 && text[10] === ' ' && text[19] === '.'
}

/** Returns the ms of a date and time of day; null when there is none such. */
export function wallOf([year, month, day, hour, minute, second, millisecond]: readonly [number, number, number, number, number, number, number]):
  | number
  | null {
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return null
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1) return null
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + millisecond
}

function offsetMs(text: string): number {
  if (/^[zu]/i.test(text)) return 0
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2))
  return (text.startsWith('-') ? -minutes : minutes) * 60_000
}

/** The day's number since the epoch, of wall-clock ms. */
export function dayOf(wall: number): number {
  return Math.floor(wall / DAY_MS)
}
