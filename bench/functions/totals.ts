// Keeps a total per line: for measuring what a state takes up.
import { defineJob, seconds, text } from 'millrace'
import { runningTotal } from '../running-total.ts'

export default defineJob({ name: 'totals', batchInterval: seconds(5) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .mapToPair((line) => [line, 1])
    .reduceByKey((a, b) => a + b)
    .mapWithState(runningTotal, { uid: 'totals' })
    .filter(([, total]) => total > 1)
    .saveAsJsonFiles('again')
})
