import { defineJob, minutes, seconds } from '../../../lib/index.ts'

export default defineJob({ name: 'receiver', batchInterval: seconds(10) }, (ssc) =>
  ssc
    .receiverStream<number, number>('rows', { every: minutes(5), poll: (after = 0) => Promise.resolve({ records: [after + 1], position: after + 1 }) })
    .saveAsTextFiles('rows'),
)
