import { expect, it } from 'vitest'
import { defineJob, seconds } from '../../lib/index.ts'
import { runBatches } from '../../lib/testing/index.ts'

it("a receiver's rows are given as they are, and nothing is polled", async () => {
  const job = defineJob({ name: 'rows', batchInterval: seconds(1) }, (ssc) =>
    ssc
      .receiverStream<{ id: number; at: Date }, number>('rows', { every: seconds(5), poll: () => Promise.reject(new Error('polled')) })
      .map(({ id, at }) => [id, at.getUTCFullYear()])
      .saveAsJsonFiles('out'),
  )
  const run = await runBatches(job, { rows: [[{ id: 1, at: new Date(0) }], [{ id: 2, at: new Date(1e12) }]] })
  expect(run.json('out').map(({ rows }) => rows)).toEqual([[[1, 1970]], [[2, 2001]]])
})
