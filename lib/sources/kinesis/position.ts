import { MillraceError } from '../../values/errors.ts'
import type { Position } from '../../runtime/entries/entry.ts'

/** Digits of the longest sequence number that Kinesis gives out: they are integers below 2^186. */
export const SEQUENCE_NUMBER_DIGITS = 56

/**
 * Orders positions of one input partition: negative when `a` comes first, 0 when they are the same, positive when `b` comes first.
 * Sequence numbers are compared as integers of any length (never through Number, which would round them), with or without leading zeros; then the index counts.
 */
export function comparePositions(a: Position, b: Position): number {
  return compareSequenceNumbers(a.sequenceNumber, b.sequenceNumber) || a.index - b.index
}

function compareSequenceNumbers(a: string, b: string): number {
  if (a === b) return 0
  const x = withoutZeros(a)
  const y = withoutZeros(b)
  if (x.length !== y.length) return x.length - y.length
  return x < y ? -1 : x > y ? 1 : 0
}

function withoutZeros(digits: string): string {
  let i = 0
  while (i < digits.length - 1 && digits.charCodeAt(i) === 48) i++
  return i === 0 ? digits : digits.slice(i)
}

/** Returns the sequence number with leading zeros, so that texts sort as the numbers do. */
export function padSequenceNumber(sequenceNumber: string): string {
  if (!/^[0-9]+$/.test(sequenceNumber) || withoutZeros(sequenceNumber).length > SEQUENCE_NUMBER_DIGITS) {
    throw new MillraceError(
      'BAD_EVENT',
      `a record has the sequence number ${JSON.stringify(sequenceNumber)}: it must be 1 to ${SEQUENCE_NUMBER_DIGITS} decimal digits, as Kinesis gives them`,
    )
  }
  return withoutZeros(sequenceNumber).padStart(SEQUENCE_NUMBER_DIGITS, '0')
}
