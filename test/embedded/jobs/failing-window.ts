// Fails in every batch whose window of 3 seconds holds the word 'bad'.
import { defineJob, seconds, text } from 'millrace'

export default defineJob({ name: 'failing-window', batchInterval: seconds(1) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .window(seconds(3))
    .transform((rdd) => {
      if (rdd.collect().includes('bad')) throw new RangeError('no bad words')
      return rdd
    })
    .saveAsTextFiles('words')
})
