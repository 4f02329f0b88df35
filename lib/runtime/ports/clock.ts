/** The clock: epoch milliseconds, whole. */
export interface Clock {
  now(): number
}
