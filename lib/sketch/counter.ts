import { MillraceError } from '../values/errors.ts'

/** Bytes of a count: 10^12 of them before it is full. */
export const COUNTER_BYTES = 5
const MAX = 2 ** 40 - 1

/** Returns the count at this place. */
export function readCount(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16)) +
    (bytes[at + 3] as number) * 2 ** 24 +
    (bytes[at + 4] as number) * 2 ** 32
  )
}

export function writeCount(bytes: Uint8Array, at: number, count: number): void {
  if (count > MAX)
    throw new MillraceError('LIMIT_EXCEEDED', `a sketch has counted ${count} in one of its cells; at most ${MAX} fit: begin a new one under another uid`)
  bytes[at] = count
  bytes[at + 1] = count / 2 ** 8
  bytes[at + 2] = count / 2 ** 16
  bytes[at + 3] = count / 2 ** 24
  bytes[at + 4] = count / 2 ** 32
}

/** Adds one: mostly a byte changes. */
export function increment(bytes: Uint8Array, at: number): void {
  const low = bytes[at] as number
  if (low < 255) bytes[at] = low + 1
  else writeCount(bytes, at, readCount(bytes, at) + 1)
}
