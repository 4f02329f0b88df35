// Throws on a record, in a function of the program.
import { defineJob, seconds, text } from 'millrace'

export default defineJob({ name: 'strict', batchInterval: seconds(5), onError: 'fail' }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .map((line) => {
      if (line === 'bad') throw new RangeError('no bad lines')
      return line
    })
    .saveAsTextFiles('out')
})
