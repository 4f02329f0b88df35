/** Batch intervals that Lambda can serve: an event source mapping gathers whole seconds, and an SQS message is delayed for 15 minutes at most. */
export const MIN_INTERVAL_MS = 1_000
export const MAX_INTERVAL_MS = 900_000
/** Lambda's limit for Kinesis. */
export const KINESIS_BATCH_SIZE = 10_000
/** N shards send N ticks for one instant: they are taken together. */
export const TICKS_BATCH_SIZE = 1_000
export const TICKS_WINDOW_SECONDS = 1
/** Lambda's least MaximumConcurrency. */
export const TICKS_CONCURRENCY = 2
export const MAX_CONCURRENCY = 1_000
/** X of the protocol: a batch without progress for this long is taken up again. */
export const RUN_TIMEOUT_SECONDS = 180
/** A message is seen again after this, should its process have died. */
export const VISIBILITY_SECONDS = 210
/** An event of 6 MB is computed in a few seconds; the rest is for waiting on DynamoDB and S3. */
export const RECEIVE_TIMEOUT_SECONDS = 60
/** Ticks and task messages are only speed: nothing is lost with them, and a paused job must not find thousands. Longer than any delay. */
export const MESSAGE_RETENTION_SECONDS = 3_600
/** SQS's limit. */
export const DEAD_LETTER_RETENTION_SECONDS: number = 14 * 86_400
/** Deliveries of one message to processes that died. */
export const MAX_RECEIVE_COUNT = 3
/** 0.58 of a vCPU. Chosen by figures: docs/performance.md, How the defaults were chosen. */
export const DEFAULT_MEMORY_MB = 1_024
export const DEFAULT_RETENTION_DAYS = 30
/** Kinesis keeps records for a day unless told otherwise, and a log entry must outlive them. */
export const MIN_RETENTION_DAYS = 2
/** Spills outlive the entries that name them. */
export const SPILL_GRACE_DAYS = 7
