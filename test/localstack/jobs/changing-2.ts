// The second version: the totals are as they were, `largest` is gone, `smallest` is new.
import { defineJob, seconds } from 'millrace'
import { changes, extremes, totals } from './accounts.ts'

export default defineJob({ name: 'changing', batchInterval: seconds(1) }, (ssc) => {
  const stream = changes(ssc)
  totals(stream)
  extremes(stream, 'smallest', Math.min)
})
