import type { RuntimeSettings } from './runtime.ts'

/** The event source mapping's batching window is a fifth of the interval, 1 s to 10 s, whole seconds. */
export function defaultWindowMs(intervalMs: number): number {
  return Math.min(10_000, Math.max(1_000, Math.floor(intervalMs / 5_000) * 1_000))
}

/** One vCPU's share on Lambda, and the construct's default. */
const DEFAULT_MEMORY_BYTES: number = 1_769 * 1024 * 1024

/** Returns how a process divides its memory. The rest is for the runtime, the bundle, entries, rows on their way, and for estimates that are wrong. */
export function memoryShares(memoryBytes: number): Pick<RuntimeSettings, 'stateCacheBytes' | 'maxTaskBytes'> {
  return { stateCacheBytes: Math.floor(memoryBytes / 5), maxTaskBytes: Math.floor(memoryBytes / 3) }
}

export function defaultSettings(intervalMs: number): RuntimeSettings {
  return {
    batchingWindowMs: defaultWindowMs(intervalMs),
    retentionMs: 30 * 86_400_000,
    taskTimeoutMs: 180_000,
    // An S3 put costs what 8 write units cost, and 1 unit writes 1 KB; what is read again costs a get as well.
    spillBytes: 16 * 1024,
    tailEntries: 100,
    tailBytes: 4 * 1024 * 1024,
    bucketBytes: 64 * 1024,
    maxBatchBytes: MAX_BATCH_BYTES,
    ...memoryShares(DEFAULT_MEMORY_BYTES),
    outputPrefix: '',
  }
}

/** Between a batch's time and the wish to allocate it, for clocks and deliveries that are a little late. */
export const SLACK_MS = 1_000
/** How long the siblings of a late block are waited for. */
export const SETTLE_MS = 10_000
/** How long a batch waits for an input partition that said it is behind. */
export const PATIENCE_MS = 60_000
/** What a process remembers for longer than this is read again. */
export const CACHE_AGE_MS = 3_600_000
/** Decoded entries that a process keeps, by their encoded size. */
export const CACHE_BYTES: number = 64 * 1024 * 1024
/** Task states that a process keeps, by the bytes of their tails; their buckets are bounded by the setting stateCacheBytes. */
export const CACHE_TAIL_BYTES: number = 64 * 1024 * 1024
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
/** Entries that are read of an input partition's log when it is seen for the first time. */
export const MAX_NEW_ENTRIES = 256
/**
 * Bytes of blocks that a batch takes, per partition of its first stage: what is more waits for the next one. Decoded rows take several times as much, and the
 * run function has 1,769 MB unless told otherwise.
 */
export const MAX_BATCH_BYTES: number = 64 * 1024 * 1024
/** A batch rests at least this long before what is missing of it is run once more: a cold start with its state takes seconds. */
export const STRAGGLER_MS = 10_000
