import { MillraceError } from '../../values/errors.ts'
import { GAP_MS, type FarRule } from './far-dates.ts'
import { fieldOf, parseRecord } from './field-of.ts'
import { DateReader, type TimeUnit } from './parse-date.ts'

/** Where a line goes and when it arrives. */
export interface Arrival {
  readonly partitionKey: string
  readonly arrivalMs: number
}

export interface RecordRule {
  /** Lines are described in order, from the first on; undefined: the line is dropped. */
  describe(line: Uint8Array, index: number): Arrival | undefined
  /** Time of the data at a stream time; undefined: no field says it, or nothing has been read. */
  dataTime(streamMs: number): number | undefined
}

/** The date at which stream time begins: of all streams of a run the same, so that what has the same date arrives at the same time. */
export interface DateOrigin {
  /** undefined: the first date that is read. */
  dateMs: number | undefined
}

/**
 * What becomes of a record whose date is far from its neighbours: it arrives with the line before (`keep`), is left out (`drop`), ends the run (`fail`), or
 * its date is believed, and stream time follows it.
 */
export type TimeOutliers = 'keep' | 'drop' | 'fail' | 'believe'
export const TIME_OUTLIERS: readonly TimeOutliers[] = ['keep', 'drop', 'fail', 'believe']

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
  readonly timeUnit?: TimeUnit | undefined
  /** @default 'keep' */
  readonly timeOutliers?: TimeOutliers | undefined
  /** Number of the record that arrives at the start. @default 0 */
  readonly from?: number
  /** With `timeField`. @default the stream's own */
  readonly origin?: DateOrigin | undefined
  /** Hears of a first date before that at which stream time begins: until then all arrives at the start. */
  readonly onEarly?: ((dateMs: number, beginMs: number) => void) | undefined
  /** Which dates are far from their neighbours. @default none */
  readonly far?: FarRule | undefined
  /** Hears of each record with such a date. */
  readonly onFar?: ((index: number, value: unknown) => void) | undefined
}

/** Returns the rule of a run: record i arrives at start + i / rate, or by its date. A pure function of the lines, so a run that goes on makes the same records of them. */
export function recordRule(options: RecordRuleOptions): RecordRule {
  const {
    startMs,
    intervalMs,
    rate,
    keyField,
    timeField,
    timeScale,
    far,
    timeOutliers = 'keep',
    onFar,
    from = 0,
    onEarly,
    origin = { dateMs: undefined },
  } = options
  const dates = new DateReader({ unit: options.timeUnit, nearMs: startMs })
  let arrivalMs = startMs
  let firstMs: number | undefined
  let lastMs: number | undefined
  /** undefined: the record is dropped. */
  const arrive = (record: Readonly<Record<string, unknown>> | undefined, index: number): number | undefined => {
    const value = timeField === undefined ? undefined : fieldOf(record, timeField)
    const date = dates.read(value)
    // Without a date: with the one before.
    if (date === undefined) return arrivalMs
    if (timeOutliers !== 'believe' && far?.isFar(date) === true) {
      onFar?.(index, value)
      if (timeOutliers === 'fail') throw farError(timeField ?? '', value, `line ${index + 1}`)
      return timeOutliers === 'drop' ? undefined : arrivalMs
    }
    // Stream time begins with a whole batch interval: a day of data, if a day passes in an interval.
    if (firstMs === undefined) {
      origin.dateMs ??= date
      firstMs = Math.floor(origin.dateMs / (intervalMs * timeScale)) * intervalMs * timeScale
      if (date < firstMs) onEarly?.(date, origin.dateMs)
    }
    // What was far has been believed since: stream time goes on from where it is.
    if (far?.isLive === true && lastMs !== undefined && Math.abs(date - lastMs) > GAP_MS) firstMs = date - (arrivalMs - startMs) * timeScale
    lastMs = date
    // Out of order: with the one before, as a shard's arrival times never go back.
    arrivalMs = Math.max(arrivalMs, startMs + Math.floor((date - firstMs) / timeScale))
    return arrivalMs
  }
  return {
    dataTime: (streamMs) => (firstMs === undefined ? undefined : firstMs + (streamMs - startMs) * timeScale),
    describe: (line, index) => {
      const record = keyField === undefined && timeField === undefined ? undefined : parseRecord(line)
      const key = keyField === undefined ? undefined : fieldOf(record, keyField)
      if (timeField === undefined) arrivalMs = startMs + Math.floor(((index - from) * 1000) / rate)
      const at = timeField === undefined ? arrivalMs : arrive(record, index)
      return at === undefined ? undefined : { arrivalMs: at, partitionKey: partitionKey(key, index) }
    },
  }
}

/** Returns the error of a date that is far from its neighbours. */
export function farError(field: string, value: unknown, place: string): MillraceError {
  return new MillraceError(
    'BAD_VALUE',
    `${place}: ${field} ${JSON.stringify(value)} is more than a year from the dates beside it, and --time-outliers fail ends the run; mend the line, or let it arrive with the line before (--time-outliers keep), or leave it out (drop)`,
  )
}

function partitionKey(value: unknown, index: number): string {
  if (value === undefined || value === null) return String(index)
  // Kinesis wants 1 to 256 characters.
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 256)
  return text === '' ? String(index) : text
}
