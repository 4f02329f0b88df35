import { describe, expect, it } from 'vitest'
import { memoryShares } from '../../lib/runtime/settings.ts'
import { ROW_HEAP_BYTES } from '../../lib/state/bucket.ts'

const MB = 1024 * 1024
/** What a row counts as at least (lib/runtime/batch/bound.ts). */
const ROW_BYTES = 64

describe('what a process does with its memory', () => {
  it.each([
    [10_240, { stateCacheBytes: 1_664, maxTaskBytes: 1_996, maxBatchBytes: 249, logCacheBytes: 249 }],
    [1_769, { stateCacheBytes: 252, maxTaskBytes: 302, maxBatchBytes: 37, logCacheBytes: 37 }],
    [1_024, { stateCacheBytes: 128, maxTaskBytes: 153, maxBatchBytes: 19, logCacheBytes: 19 }],
    [512, { stateCacheBytes: 42, maxTaskBytes: 51, maxBatchBytes: 6, logCacheBytes: 6 }],
    [128, { stateCacheBytes: 2, maxTaskBytes: 3, maxBatchBytes: 0, logCacheBytes: 0 }],
  ])('of %i MB', (memoryMb, expected) => {
    const shares = memoryShares(memoryMb * MB)
    expect(Object.fromEntries(Object.entries(shares).map(([name, bytes]) => [name, Math.floor(bytes / MB)]))).toEqual(expected)
    // A lag makes batches of this size: a task must be able to hold one, however small its rows are.
    expect((shares.maxBatchBytes / ROW_BYTES) * ROW_HEAP_BYTES + shares.maxBatchBytes).toBeLessThan(shares.maxTaskBytes)
  })
})
