/** From to, ms; drawn evenly. */
export type Span = readonly [from: number, to: number]

/** What a request, and AWS between two steps, takes. */
export interface Delays {
  readonly dynamoRead: Span
  readonly dynamoWrite: Span
  readonly s3: Span
  readonly sqsSend: Span
  /** From an event source mapping to the first line of a warm handler. */
  readonly invoke: Span
  /** Computing of one invocation besides its requests. */
  readonly receive: Span
  readonly run: Span
}

/**
 * DynamoDB: "single-digit millisecond performance" (Developer Guide, What is Amazon DynamoDB). S3: "consistent small object latencies (and first-byte-out latencies
 * for larger objects) of roughly 100-200 milliseconds" (User Guide, Performance design patterns). For SQS and for an invocation AWS publishes no figure: assumed.
 * Computing: npm run bench:cost -- --memory, 6 to 13 ms and 20 to 22 ms of a processor, of which 1,024 MB have 0.58.
 */
export const PUBLISHED: Delays = {
  dynamoRead: [2, 9],
  dynamoWrite: [3, 9],
  s3: [100, 200],
  sqsSend: [5, 20],
  invoke: [10, 40],
  receive: [10, 23],
  run: [34, 38],
}
/** The same with an S3 that answers small puts in tens of milliseconds: an assumption, not AWS's figure; it shows what S3 makes of the result. */
export const FASTER_S3: Delays = { ...PUBLISHED, s3: [20, 60] }
/** A Kinesis shard is polled once per second (Developer Guide, Using Lambda with Kinesis). */
export const POLL_MS = 1_000
/** The ticks queue's batching window (lib/cdk/limits.ts). */
export const TICKS_WINDOW_MS = 1_000
