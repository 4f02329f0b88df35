import { describe, expect, it } from 'vitest'
import { measureCatchUp } from '../../bench/catch-up.ts'
import { FASTER_S3, PUBLISHED } from '../../bench/delays.ts'

// Virtual time: the same on every machine.
describe('a lag of ten minutes', () => {
  it.each([
    ['S3 as AWS publishes it', PUBLISHED, 250],
    ['a faster S3', FASTER_S3, 80],
  ])(
    'is worked off with windows that are right by arrival time: %s',
    async (_, delays, atMostMs) => {
      const { wrong, batchMs, batches } = await measureCatchUp(7, delays, 600_000)
      expect(wrong).toEqual([])
      expect(batches).toBeGreaterThan(130)
      expect(batchMs.length).toBeGreaterThan(100)
      const median = batchMs.toSorted((a, b) => a - b)[Math.floor(batchMs.length / 2)]
      expect(median).toBeLessThan(atMostMs)
    },
    60_000,
  )
})
