// dropDuplicates by the plain rule: of equal keys the first goes through; none passes again within `within`, and all do after twice as long.
import fc from 'fast-check'
import { defineJob, seconds, text } from 'millrace'
import { runBatches } from 'millrace/testing'
import { describe, expect, it } from 'vitest'

const job = (within: number, numPartitions = 1) =>
  defineJob({ name: 'once', batchInterval: seconds(1), numPartitions }, (ssc) =>
    ssc
      .kinesisStream('words', text())
      .dropDuplicates((word) => word.slice(0, 1), { within: seconds(within), uid: 'once' })
      .saveAsTextFiles('out'),
  )

/** The words that come out, by the second of their batch. */
async function passed(within: number, batches: readonly (readonly string[])[], options: object = {}): Promise<readonly (readonly string[])[]> {
  const result = await runBatches(job(within, (options as { numPartitions?: number }).numPartitions), { words: batches }, options)
  const first = Math.min(...result.text('out').map(({ timeMs }) => timeMs))
  const rows = batches.map((): string[] => [])
  for (const { timeMs, lines } of result.text('out')) rows[(timeMs - first) / 1000]?.push(...lines)
  return rows
}

describe('dropDuplicates', () => {
  it('lets the first of a batch through, in its order', async () => {
    expect(
      await passed(10, [
        ['b1', 'a1', 'b2'],
        ['a2', 'c1'],
      ]),
    ).toEqual([['b1', 'a1'], ['c1']])
  })

  it('remembers for at least `within`, whatever the layout and the faults, and for no longer than twice that', async () => {
    const second = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(fc.array(second, { minLength: 1, maxLength: 16 }), fc.integer({ min: 1, max: 5 }), fc.boolean(), async (batches, within, wide) => {
        // Something arrives in the first batch, from which they are counted; a word says when it came, and which of its batch it is.
        const words = [['z'], ...batches].map((keys, at) => keys.map((key, i) => `${key}${at}.${i}`))
        const out = await passed(
          within,
          words,
          wide ? { shards: 1, numPartitions: 3, faults: { duplicateDelivery: 0.5, timeoutAfterCommit: 0.3, staleCache: 0.3 } } : {},
        )
        const last = new Map<string, number>()
        words.forEach((batch, at) => {
          const through = new Set(out[at])
          for (const word of batch) {
            const key = word.slice(0, 1)
            const before = last.get(key)
            const passes = through.has(word)
            if (before !== undefined && at - before <= within) expect(passes, `${word} came ${at - before} s after the last`).toBe(false)
            if (before === undefined || at - before >= 2 * within) expect(passes, `${word} is new`).toBe(true)
            if (passes) last.set(key, at)
          }
        })
      }),
      { numRuns: 60 },
    )
  })

  it('refuses what it cannot work with when it is planned', async () => {
    const make = (options: unknown) => () =>
      defineJob({ name: 'once', batchInterval: seconds(1) }, (ssc) =>
        ssc
          .kinesisStream('words', text())
          .dropDuplicates((word) => word, options as never)
          .saveAsTextFiles('out'),
      )
    for (const options of [undefined, {}, { within: 5 }, { within: seconds(10), uid: '' }])
      await expect((async () => runBatches(make(options)(), { words: [] }))(), JSON.stringify(options)).rejects.toThrow(/dropDuplicates/)
  })
})
