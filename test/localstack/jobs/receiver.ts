// A receiver of its own that counts up to 250, a hundred at a time.
import { defineJob, minutes, seconds } from 'millrace'

const LAST = 250

export default defineJob({ name: 'local-receiver', batchInterval: seconds(5) }, (ssc) =>
  ssc
    .receiverStream<number, number>('numbers', {
      every: minutes(1),
      limit: 100,
      poll: (after = 0, { limit }) => {
        const to = Math.min(LAST, after + limit)
        return Promise.resolve({ records: Array.from({ length: to - after }, (_, i) => after + i + 1), position: to })
      },
    })
    .saveAsTextFiles('numbers'),
)
