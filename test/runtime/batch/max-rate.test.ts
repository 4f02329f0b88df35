import { describe, expect, it } from 'vitest'
import { defineJob, seconds, text } from '../../../lib/index.ts'
import type { BatchEntry } from '../../../lib/runtime/entries/entry.ts'
import type { RuntimeSettings } from '../../../lib/runtime/runtime.ts'
import { makeEngine } from '../engine.ts'

const START = 1_000_000

/** Delivers entries of so many records each to shards, all in the first interval, and returns the records per batch as the files say. */
async function batchesOf(
  shards: readonly (readonly number[])[],
  { maxRatePerPartition, settings = {} }: { readonly maxRatePerPartition?: number; readonly settings?: Partial<RuntimeSettings> },
): Promise<readonly string[]> {
  const job = defineJob({ name: 'lines', batchInterval: seconds(5), ...(maxRatePerPartition === undefined ? {} : { maxRatePerPartition }) }, (ssc) => {
    ssc.kinesisStream('lines', text()).saveAsTextFiles('lines')
  })
  const engine = makeEngine(job, settings)
  const runtime = engine.process()
  for (const [shard, sizes] of shards.entries()) {
    let from = 0
    for (const [n, size] of sizes.entries()) {
      await engine.deliver(
        runtime,
        Array.from({ length: size }, (_, i) => `${shard}.${n}.${i}`),
        { shard: `shard-${shard}`, from },
      )
      from += size
    }
  }
  await engine.runTo(runtime, START + 120_000)
  const files = await Promise.all(
    (await engine.entries('batch')).map(async (entry) => {
      const { time } = entry as BatchEntry
      return ((await engine.text(`lines-${time}/part-00000`)) ?? '').trimEnd().split('\n')
    }),
  )
  // All of them, once, and in the order of their shard.
  const lines = files.flat()
  const all = shards.flatMap((sizes, shard) => sizes.flatMap((size, n) => Array.from({ length: size }, (_, i) => `${shard}.${n}.${i}`)))
  expect(lines.toSorted()).toEqual(all.toSorted())
  for (const [shard] of shards.entries()) {
    const own = (list: readonly string[]): readonly string[] => list.filter((line) => line.startsWith(`${shard}.`))
    expect(own(lines)).toEqual(own(all))
  }
  return files.map((list) => shards.map((_, shard) => list.filter((line) => line.startsWith(`${shard}.`)).length).join('+'))
}

describe('maxRatePerPartition', () => {
  it.each<[string, readonly (readonly number[])[], number | undefined, readonly string[]]>([
    ['no bound', [[4, 4, 4, 4]], undefined, ['16']],
    ['two entries a batch', [[4, 4, 4, 4]], 2, ['8', '8']],
    ['whole entries only', [[4, 4, 4, 4]], 1.5, ['4', '4', '4', '4']],
    ['one entry at least', [[4, 4, 4]], 0.1, ['4', '4', '4']],
    ['each input partition by itself', [[4, 4, 4], [1, 1, 1], [9]], 1, ['4+3+9', '4+0+0', '4+0+0']],
  ])('%s', async (_, shards, maxRatePerPartition, expected) => {
    expect(await batchesOf(shards, maxRatePerPartition === undefined ? {} : { maxRatePerPartition })).toEqual(expected)
  })

  it('bounds a batch in bytes where there is no rate', async () => {
    expect(await batchesOf([[4, 4, 4]], { settings: { maxBatchBytes: 600 } })).toEqual(['8', '4'])
  })

  it.each([0, -1, Number.NaN, Infinity, '100'])('refuses %s', (maxRatePerPartition) => {
    expect(() => defineJob({ name: 'j', batchInterval: seconds(5), maxRatePerPartition: maxRatePerPartition as number }, () => {})).toThrow(
      /job 'j': maxRatePerPartition is .*; it must be a number of records per second above 0, such as 1000, or be left out/,
    )
  })
})
