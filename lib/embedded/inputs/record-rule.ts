import { MillraceError } from '../../values/errors.ts'

/** Where a line goes and when it arrives. */
export interface RecordRule {
  /** Lines are described in order, from the first on. */
  describe(line: Uint8Array, index: number): { readonly partitionKey: string; readonly arrivalMs: number }
  /** Time of the data at a stream time; undefined: no field says it, or nothing has been read. */
  dataTime(streamMs: number): number | undefined
}

export interface RecordRuleOptions {
  readonly startMs: number
  readonly intervalMs: number
  /** Records a second of stream time, where no field says when a record arrives. */
  readonly rate: number
  /** Field of JSON lines that is the partition key; without it every line has its own. */
  readonly keyField: string | undefined
  /** Field of JSON lines that holds a date: records arrive as far apart as their dates are, divided by `timeScale`. */
  readonly timeField: string | undefined
  readonly timeScale: number
}

/** Returns the rule of a run: record i arrives at start + i / rate, or by its date. A pure function of the lines, so a run that goes on makes the same records of them. */
export function recordRule(options: RecordRuleOptions): RecordRule {
  const { startMs, intervalMs, rate, keyField, timeField, timeScale } = options
  let arrivalMs = startMs
  let firstMs: number | undefined
  return {
    dataTime: (streamMs) => (firstMs === undefined ? undefined : firstMs + (streamMs - startMs) * timeScale),
    describe: (line, index) => {
      const record = keyField === undefined && timeField === undefined ? undefined : parseRecord(line)
      const key = keyField === undefined ? undefined : record?.[keyField]
      if (timeField === undefined) arrivalMs = startMs + Math.floor((index * 1000) / rate)
      else {
        const date = dateOf(record?.[timeField])
        // Stream time begins with a whole batch interval: a day of data, if a day passes in an interval.
        if (date !== undefined) firstMs ??= Math.floor(date / (intervalMs * timeScale)) * intervalMs * timeScale
        // Out of order, without a date: with the one before, as a shard's arrival times never go back.
        if (date !== undefined && firstMs !== undefined) arrivalMs = Math.max(arrivalMs, startMs + Math.floor((date - firstMs) / timeScale))
      }
      return { arrivalMs, partitionKey: partitionKey(key, index) }
    },
  }
}

function partitionKey(value: unknown, index: number): string {
  if (value === undefined || value === null) return String(index)
  // Kinesis wants 1 to 256 characters.
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 256)
  return text === '' ? String(index) : text
}

/** Returns the object that a line holds as JSON; undefined: it holds none. */
export function parseRecord(line: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined // The decoder will say so, and the record goes to the dead letters.
  }
}

const DATE = /^(\d{4})[-/](\d\d?)[-/](\d\d?)(?:[T ](\d\d?):(\d\d)(?::(\d\d(?:\.\d+)?))?)?(Z|[+-]\d\d:?\d\d)?$/

/** Epoch ms of a date as text or number. Without a zone it is UTC: a replay must not depend on where it runs. */
export function dateOf(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return Math.floor(value)
  if (typeof value !== 'string') return undefined
  const [, year, month, day, hour, minute, second, zone] = DATE.exec(value.trim()) ?? []
  if (year === undefined) return undefined
  const utc = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour ?? 0), Number(minute ?? 0), 0) + Math.floor(Number(second ?? 0) * 1000)
  if (zone === undefined || zone === 'Z') return utc
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return utc - (zone.startsWith('-') ? -1 : 1) * minutes * 60_000
}

/** Returns the time that a text names: a date (UTC without a zone) or epoch milliseconds. */
export function parseStart(text: string): number {
  const ms = /^\d+$/.test(text) ? Number(text) : dateOf(text)
  if (ms === undefined || !Number.isSafeInteger(ms) || ms < 0)
    throw new MillraceError('USAGE', `--start ${text} is not a time; write a date such as 2026-01-31T12:00:00Z, or epoch milliseconds`)
  return ms
}
