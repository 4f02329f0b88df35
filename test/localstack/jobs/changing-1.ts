// The first version of a job.
import { defineJob, seconds } from 'millrace'
import { changes, extremes, totals } from './accounts.ts'

export default defineJob({ name: 'changing', batchInterval: seconds(1) }, (ssc) => {
  const stream = changes(ssc)
  totals(stream)
  extremes(stream, 'largest', Math.max)
})
