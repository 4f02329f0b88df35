import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bound, type BoundLog, type Bounds } from '../../../lib/runtime/batch/bound.ts'
import type { ReceiverEntry } from '../../../lib/runtime/entries/entry.ts'

const DUE = 10
const entry = (records: number, times: readonly number[], bytes = 0, partition = 0): ReceiverEntry => ({
  kind: 'receiver',
  deploy: 1,
  id: 'e',
  at: 0,
  last: { sequenceNumber: '1', index: 0 },
  maxTime: 0,
  behind: false,
  records,
  times,
  blocks: times.map((time) => ({ time, exchange: 'x', partition, rows: 0, data: { inline: new Uint8Array(bytes) } })),
  deadLetters: null,
  tables: {},
})
/** A log whose first entry is number `from`. */
const log = (
  entries: readonly ReceiverEntry[],
  {
    seen = -1,
    from = 0,
    after = [],
    holds = -1,
    isOpen = false,
  }: { seen?: number; from?: number; after?: readonly number[]; holds?: number; isOpen?: boolean } = {},
): BoundLog => ({
  seen,
  entries: new Map(entries.map((e, i) => [from + i, e])),
  after,
  holds,
  isOpen,
  isDue: (_entry, _n, time) => time <= DUE,
})
const now = (records: number, bytes = 0): ReceiverEntry => entry(records, [DUE], bytes)
const forPartition = (partition: number, bytes: number): ReceiverEntry => entry(1, [DUE], bytes, partition)
/** Its bytes compressed well. */
const spilled = (rawLength: number): ReceiverEntry => {
  const e = now(1)
  return { ...e, blocks: e.blocks.map((block) => ({ ...block, data: { key: 'object', offset: 0, length: 1, rawLength } })) }
}
const later = (records: number): ReceiverEntry => entry(records, [2 * DUE])
const none: Bounds = { maxRecords: Infinity, maxBytes: Infinity }

describe('how far a batch sees', () => {
  it.each<[string, readonly BoundLog[], Partial<Bounds>, readonly string[]]>([
    ['all that is due, and no more', [log([now(3), now(3), later(3)])], {}, ['1']],
    ['nothing, where nothing is due', [log([later(3)]), log([])], {}, ['-1', '-1']],
    ['what was seen stays seen', [log([later(3)], { seen: 4, from: 4 })], {}, ['4']],
    ['an entry that is due in part', [log([entry(3, [DUE, 2 * DUE]), later(1)])], {}, ['0']],
    ['as many records as the bound says', [log([now(3), now(3), now(3)])], { maxRecords: 6 }, ['1 cut']],
    ['whole entries', [log([now(3), now(3), now(3)])], { maxRecords: 8 }, ['1 cut']],
    ['one entry at least', [log([now(9), now(1)]), log([now(9)])], { maxRecords: 1 }, ['0 cut', '0']],
    ['each log by itself', [log([now(3), now(3)]), log([now(1), now(1)])], { maxRecords: 3 }, ['0 cut', '1']],
    ['what is due and was seen counts', [log([now(3), now(3)], { seen: 0 })], { maxRecords: 5 }, ['0 cut']],
    ['bytes of all logs, one entry of each first', [log([now(1, 50), now(1, 50)]), log([now(1, 50), now(1, 10)])], { maxBytes: 120 }, ['0 cut', '0 cut']],
    ['bytes in rounds', [log([now(1, 50), now(1, 10), now(1, 50)]), log([now(1, 50)])], { maxBytes: 120 }, ['1 cut', '0']],
    ['only bytes that are due', [log([entry(1, [DUE, 2 * DUE], 60), now(1, 50)])], { maxBytes: 120 }, ['1']],
    ['bytes by partition: each task holds its own', [log([0, 1, 2, 3].map((p) => forPartition(p, 50)))], { maxBytes: 120 }, ['3']],
    ['the partition that gets most', [log([0, 1, 1, 1].map((p) => forPartition(p, 50)))], { maxBytes: 120 }, ['2 cut']],
    ['bytes of objects as they are uncompressed', [log([spilled(50), spilled(50), spilled(50)])], { maxBytes: 120 }, ['1 cut']],
    ['a log behind one that is seen', [log([now(3)], { holds: 0 }), log([now(3)], { after: [0] })], {}, ['0', '0']],
    ['nothing of a log behind one that is cut', [log([now(3), now(3)], { holds: 1 }), log([now(3)], { after: [0] })], { maxRecords: 3 }, ['0 cut', 'held']],
    ['nothing of a log behind one that is due later', [log([now(3), later(3)], { holds: 1 }), log([now(3)], { after: [0] })], {}, ['0', 'held']],
    [
      'what is due of a log behind one that holds for others what is due later',
      [log([now(3), later(3)], { holds: 1 }), log([now(3)], { after: [0], isOpen: true })],
      {},
      ['0', '0'],
    ],
    [
      'nothing of a log whose time has come behind one that is cut',
      [log([now(3), now(3)], { holds: 1 }), log([now(3)], { after: [0], isOpen: true })],
      { maxRecords: 3 },
      ['0 cut', 'held'],
    ],
    ['nothing behind one that is held', [log([later(1)], { holds: 0 }), log([], { after: [0] }), log([now(1)], { after: [1] })], {}, ['-1', 'held', 'held']],
    ['up to what is held, not to the end', [log([now(3), later(3)], { holds: 0 }), log([now(3)], { after: [0] })], {}, ['0', '0']],
    [
      'what those before leave: they are not cut for it, and one entry at least',
      [log([now(1, 50), now(1, 50)], { holds: 1 }), log([now(1, 50), now(1, 50)], { after: [0] })],
      { maxBytes: 120 },
      ['1', '0 cut'],
    ],
  ])('%s', (_, logs, bounds, expected) => {
    expect(bound(logs, { ...none, ...bounds }).map(({ to, cut, held }) => (held ? 'held' : `${to}${cut ? ' cut' : ''}`))).toEqual(expected)
  })

  it('lets every log go on, and leaves nothing out but what it says is cut', () => {
    const entries = fc.array(fc.record({ records: fc.integer({ min: 1, max: 9 }), due: fc.boolean(), bytes: fc.nat(99) }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(fc.array(entries, { minLength: 1, maxLength: 4 }), fc.nat(20), fc.nat(200), (all, maxRecords, maxBytes) => {
        const logs = all.map((list) => {
          // Block times only rise.
          const sorted = list.toSorted((a, b) => Number(b.due) - Number(a.due))
          return log(sorted.map(({ records, due, bytes }) => entry(records, [due ? DUE : 2 * DUE], bytes)))
        })
        bound(logs, { maxRecords, maxBytes }).forEach(({ to, cut }, i) => {
          const numbers = [...logs[i]!.entries].filter(([, e]) => e.times[0]! <= DUE).map(([n]) => n)
          const lastDue = numbers.at(-1) ?? -1
          if (numbers.length > 0) expect(to).toBeGreaterThanOrEqual(0)
          if (!cut) expect(to).toBe(lastDue)
          const taken = [...logs[i]!.entries].filter(([n]) => n <= to).map(([, e]) => e.records)
          if (taken.length > 1) expect(taken.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(maxRecords)
        })
      }),
    )
  })
})
