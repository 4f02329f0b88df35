import { MillraceError } from '../../values/errors.ts'
import { DateSurvey, type FarRule } from './far-dates.ts'
import { fieldOf, parseRecord } from './field-of.ts'
import type { InputFiles } from './input-files.ts'
import { DATE_FORMS, DateReader, type TimeUnit } from './parse-date.ts'
import { farError, type TimeOutliers } from './record-rule.ts'

export interface SurveyOptions {
  readonly timeField: string
  readonly timeUnit: TimeUnit | undefined
  readonly timeOutliers: TimeOutliers
  /** Epoch ms, of the wall: what is far in the future is no date of a record. */
  readonly nowMs: number
  /** When stream time begins: a date without a year is the one nearest to that. */
  readonly startMs: number
  /** The first record that is the run's. */
  readonly from: number
  /** Hears what is odd: before the run begins. */
  readonly warn: (text: string) => void
}

/** What is known of the dates of a stream's files. */
export interface SurveyedDates {
  readonly far: FarRule
  /** The first that counts; undefined: there is none. */
  readonly firstMs: number | undefined
}

/** Looks at the dates of all lines of a stream's files. Throws USAGE where there is none, and what `--time-outliers fail` says. */
export async function surveyDates(input: InputFiles, options: SurveyOptions): Promise<SurveyedDates> {
  const { timeField, timeUnit, timeOutliers, nowMs, startMs, from, warn } = options
  const reader = new DateReader({ unit: timeUnit, nearMs: startMs })
  const survey = new DateSurvey(nowMs)
  let index = from
  let dated = 0
  let odd: { readonly index: number; readonly value: unknown } | undefined
  for await (const lines of input.lines(from))
    for (const line of lines) {
      const value = fieldOf(parseRecord(line), timeField)
      const dateMs = reader.read(value)
      if (dateMs !== undefined) survey.add(dateMs, { index, value })
      if (dateMs !== undefined) dated++
      else if (value !== undefined) odd ??= { index, value }
      index++
    }
  if (dated === 0 && odd !== undefined)
    throw new MillraceError(
      'USAGE',
      `--time ${timeField}: ${input.placeOf(odd.index)} has ${JSON.stringify(odd.value)} there, which is no date that is known; known are ${DATE_FORMS}`,
    )
  const { far } = survey
  if (survey.isBackwards)
    warn(
      `warning: the dates of ${timeField} go down from line to line: stream time never goes back, so nearly all records arrive at once; sort the file by its dates (tac FILE, or sort)`,
    )
  if (timeOutliers === 'believe') return { far, firstMs: survey.firstMs }
  if (far.count === 0) return { far, firstMs: far.firstMs }
  const [first] = far.examples
  if (timeOutliers === 'fail' && first !== undefined) throw farError(timeField, first.value, input.placeOf(first.index))
  const named = far.examples.map((one) => `${input.placeOf(one.index)}: ${JSON.stringify(one.value)}`).join(', ')
  warn(
    `warning: ${far.count} ${far.count === 1 ? 'record has a date' : 'records have dates'} in ${timeField} more than a year from all others (${named}${far.count > far.examples.length ? ', ...' : ''}): ${timeOutliers === 'drop' ? 'left out' : `${far.count === 1 ? 'it arrives' : 'they arrive'} with the line before`}; --time-outliers keep, drop, fail or believe decides`,
  )
  return { far, firstMs: far.firstMs }
}
