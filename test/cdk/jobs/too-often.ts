import { defineJob, seconds } from '../../../lib/index.ts'

export default defineJob({ name: 'too-often', batchInterval: seconds(10) }, (ssc) =>
  ssc.receiverStream<number, number>('rows', { every: seconds(30), poll: () => Promise.resolve({ records: [], position: 0 }) }).saveAsTextFiles('rows'),
)
