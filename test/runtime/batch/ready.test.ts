import { describe, expect, it } from 'vitest'
import { isReady, type ReadyRequest } from '../../../lib/runtime/batch/ready.ts'

// Batch time 100,000, window 2 s, slack 1 s: due at 103,000.
const due: ReadyRequest = { time: 100_000, now: 103_000, batchingWindowMs: 2_000, ends: [], oldest: null }

describe('whether a batch may be allocated', () => {
  it.each<[string, Partial<ReadyRequest>, boolean]>([
    ['its records had time to arrive', {}, true],
    ['a millisecond early', { now: 102_999 }, false],
    ['a longer window', { batchingWindowMs: 10_000 }, false],
    ['a partition behind, with older arrivals', { ends: [{ behind: true, at: 102_000, maxTime: 99_999 }] }, false],
    ['a partition behind, but past this batch', { ends: [{ behind: true, at: 102_000, maxTime: 100_000 }] }, true],
    ['a partition that is not behind', { ends: [{ behind: false, at: 102_000, maxTime: 1 }] }, true],
    [
      'one of several behind',
      {
        ends: [
          { behind: false, at: 102_000, maxTime: 1 },
          { behind: true, at: 102_000, maxTime: 1 },
        ],
      },
      false,
    ],
    ['a partition behind for almost a minute', { now: 161_999, ends: [{ behind: true, at: 102_000, maxTime: 1 }] }, false],
    ['a partition behind for a minute: nobody waits longer', { now: 162_000, ends: [{ behind: true, at: 102_000, maxTime: 1 }] }, true],
    ['its oldest block came in time', { oldest: { at: 101_000, time: 100_000 } }, true],
    ['its oldest block came at the last moment that is in time', { now: 112_001, oldest: { at: 112_000, time: 100_000 } }, true],
    ['its oldest block came late and has not rested', { now: 112_002, oldest: { at: 112_001, time: 100_000 } }, false],
    ['its oldest block came late and has rested almost', { now: 122_000, oldest: { at: 112_001, time: 100_000 } }, false],
    ['its oldest block came late and has rested', { now: 122_001, oldest: { at: 112_001, time: 100_000 } }, true],
    [
      'rested, but a partition is behind',
      { now: 122_001, oldest: { at: 112_001, time: 100_000 }, ends: [{ behind: true, at: 112_001, maxTime: 99_000 }] },
      false,
    ],
  ])('%s', (_, change, ready) => expect(isReady({ ...due, ...change })).toBe(ready))
})
