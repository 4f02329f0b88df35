import { defineJob, seconds } from 'millrace'
import { changes, totals } from './accounts.ts'

export default defineJob({ name: 'audit', batchInterval: seconds(1) }, (ssc) => totals(changes(ssc)))
