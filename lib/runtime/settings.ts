import type { RuntimeSettings } from './runtime.ts'

/** The event source mapping's batching window is a fifth of the interval, 1 s to 10 s, whole seconds. */
export function defaultWindowMs(intervalMs: number): number {
  return Math.min(10_000, Math.max(1_000, Math.floor(intervalMs / 5_000) * 1_000))
}

/** Of a process that Lambda does not say it of. */
const DEFAULT_MEMORY_BYTES: number = 1_769 * 1024 * 1024

type MemoryShares = Pick<RuntimeSettings, 'stateCacheBytes' | 'maxTaskBytes' | 'maxBatchBytes' | 'logCacheBytes'>

/** What a process takes up beside what it holds: Node, the bundle, the SDK's clients, requests on their way, what the collector has not come to yet. */
const OWN_BYTES: number = 256 * 1024 * 1024

/**
 * Returns how a process divides its memory. With every bound reached at once a process stays below its memory: measured, npm run bench:cost -- --fit.
 * Blocks, entries and tails count as they are encoded; decoded they take several times as much.
 */
export function memoryShares(memoryBytes: number): MemoryShares {
  const free = Math.max(memoryBytes - OWN_BYTES, memoryBytes / 8)
  const share = (part: number): number => Math.floor(free / part)
  return { stateCacheBytes: share(6), maxTaskBytes: share(5), maxBatchBytes: share(40), logCacheBytes: share(40) }
}

export function defaultSettings(intervalMs: number): RuntimeSettings {
  return {
    batchingWindowMs: defaultWindowMs(intervalMs),
    retentionMs: 30 * 86_400_000,
    taskTimeoutMs: 180_000,
    // An S3 put costs what 8 write units cost, and the wait for it is paid, too. Chosen by npm run bench:cost -- --thresholds.
    spillBytes: 16 * 1024,
    tailEntries: 100,
    tailBytes: 4 * 1024 * 1024,
    bucketBytes: 64 * 1024,
    ...memoryShares(DEFAULT_MEMORY_BYTES),
    begin: { restMs: BEGIN_REST_MS },
    outputPrefix: '',
  }
}

/** So long after the first tick without a record a job begins whose operators run in every batch. */
export const BEGIN_REST_MS = 300_000
/** Between a batch's time and the wish to allocate it, for clocks and deliveries that are a little late. */
export const SLACK_MS = 1_000
/** How long the siblings of a late block are waited for. */
export const SETTLE_MS = 10_000
/** How long a batch waits for an input partition that said it is behind. */
export const PATIENCE_MS = 60_000
/** What a process remembers for longer than this is read again. */
export const CACHE_AGE_MS = 3_600_000
/** A message later than this is the minute rule's. */
export const MAX_DELAY_MS = 900_000
/** Time that receive keeps for committing what it has processed. */
export const COMMIT_RESERVE_MS = 10_000
/** An executor that has less than this left begins no other batch. */
export const BATCH_RESERVE_MS = 30_000
/** Record bytes that one receiver entry may take up before the rest is handed back: far above an event of 6 MB. */
export const MAX_ENTRY_RECORD_BYTES: number = 64 * 1024 * 1024
/** Input partitions of a job, open and closed: the batch entry holds a row for each. */
export const MAX_INPUT_PARTITIONS = 4_000
/** A batch rests at least this long before what is missing of it is run once more: a cold start with its state takes seconds. */
export const STRAGGLER_MS = 10_000
