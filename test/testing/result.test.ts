// What a test sees of a run: nothing that went wrong goes by unseen.
import { defineJob, json, Rdd, seconds } from 'millrace'
import { runBatches } from 'millrace/testing'
import { expect, test } from 'vitest'

const job = defineJob({ name: 'numbers', batchInterval: seconds(5) }, (ssc) => {
  ssc.kinesisStream('unused', json())
  ssc.kinesisStream('in', json()).saveAsJsonFiles('out')
})

test('a string for a json() stream is JSON text, and a stream that no output needs may be given', async () => {
  const run = await runBatches(job, { in: [['{"n":1.0}', '', 2]], unused: [['x']] })
  expect(run.expectClean()).toBe(run)
  expect(run.json('out')).toEqual([{ timeMs: 5000, rows: [2, { n: 1 }] }])
  expect(String(run)).toBe('1 batches, 0 dead letters')
})

test('dead letters that were not asked for are shown', async () => {
  const run = await runBatches(job, { in: [['no json', 'nor this', '1']] })
  expect(() => run.expectClean()).toThrow(
    /expected no dead letters, and there are 2 dead letters\n {2}in\S*: MillraceError BAD_VALUE: record is not JSON.*\("no json"\)/,
  )
  expect(String(run)).toMatch(/^1 batches, 2 dead letters\n {2}in/)
})

test('transform may take the first rows, or make an RDD', async () => {
  const made = defineJob({ name: 'made', batchInterval: seconds(5) }, (ssc) => {
    const rows = ssc.kinesisStream('in', json())
    rows.transform((rdd) => rdd.limit(2)).saveAsJsonFiles('first')
    rows.transform((rdd) => Rdd.of([rdd.count()])).saveAsJsonFiles('count')
  })
  const run = await runBatches(made, { in: [[3, 1, 2]] })
  expect([run.json('first')[0]?.rows, run.json('count')[0]?.rows]).toEqual([[3, 1], [3]])
})
