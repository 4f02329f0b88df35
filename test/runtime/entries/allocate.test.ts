import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { effectiveTime, isInBatch, isTaken, rowIn } from '../../../lib/runtime/entries/allocate.ts'
import type { BatchEntry, Row } from '../../../lib/runtime/entries/entry.ts'

const row = (to: number, floor = 0): Row => ({ stream: 's', shard: 'p', from: 0, to, floor, last: null })
const batch = (time: number, ...rows: readonly Row[]): BatchEntry => ({
  kind: 'batch',
  deploy: 1,
  id: 'b',
  at: 0,
  time,
  tasks: [],
  inputs: 0,
  full: false,
  fullAt: 0,
  rows,
  keeps: {},
})

describe('which batch a block is in', () => {
  it.each<[string, { readonly n: number; readonly block: number; readonly before: BatchEntry | null; readonly now: BatchEntry }, boolean]>([
    ['seen and reached', { n: 0, block: 10, before: null, now: batch(10, row(0)) }, true],
    ['not seen yet', { n: 1, block: 10, before: null, now: batch(10, row(0)) }, false],
    ['time not reached', { n: 0, block: 20, before: null, now: batch(10, row(0)) }, false],
    ['taken by the batch before', { n: 0, block: 10, before: batch(10, row(0)), now: batch(20, row(0)) }, false],
    ['seen by the batch before, reached now', { n: 0, block: 20, before: batch(10, row(0)), now: batch(20, row(0)) }, true],
    ['late: reached by the batch before, seen now', { n: 1, block: 10, before: batch(10, row(0)), now: batch(20, row(1)) }, true],
    ['of a partition registered since', { n: 0, block: 10, before: batch(10), now: batch(20, row(0)) }, true],
    ['waits for the floor', { n: 0, block: 10, before: null, now: batch(10, row(0, 20)) }, false],
    ['the floor is reached', { n: 0, block: 10, before: batch(10, row(0, 20)), now: batch(20, row(0, 20)) }, true],
    ['taken at its floor', { n: 0, block: 10, before: batch(20, row(0, 20)), now: batch(30, row(0, 20)) }, false],
  ])('%s', (_, { n, block, before, now }, expected) => {
    const own = rowIn(now, { stream: 's', shard: 'p' })!
    expect(isInBatch(now, before, own, n, block)).toBe(expected)
  })

  it('takes nothing of a partition that it does not know', () => {
    expect(isTaken(batch(10, row(0)), { stream: 's', shard: 'other', floor: 0 }, 0, 5)).toBe(false)
    expect(isTaken(null, row(0), 0, 5)).toBe(false)
    expect(effectiveTime({ floor: 30 }, 10)).toBe(30)
  })

  it('puts every block into one batch and no other, however batches see entries and times', () => {
    const steps = fc.array(fc.record({ by: fc.integer({ min: 1, max: 5 }), sees: fc.integer({ min: 0, max: 3 }) }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(
        steps,
        fc.array(fc.record({ n: fc.nat(12), time: fc.integer({ min: 1, max: 40 }) }), { maxLength: 20 }),
        fc.nat(20),
        (moves, blocks, floor) => {
          let time = 0
          let to = -1
          const batches = moves.map(({ by, sees }) => batch((time += by), row((to += sees), floor)))
          batches.push(batch(1_000, row(1_000, floor)))
          for (const { n, time: block } of blocks) {
            const holders = batches.filter((b, k) => isInBatch(b, batches[k - 1] ?? null, b.rows[0]!, n, block))
            expect(holders).toHaveLength(1)
            // The first that has both seen it and reached its time.
            expect(holders[0]).toBe(batches.find((b) => n <= b.rows[0]!.to && Math.max(block, floor) <= b.time))
          }
        },
      ),
    )
  })
})
