// Writes each line as it came: what is left of a job when its program does nothing. For measuring.
import { defineJob, seconds, text } from 'millrace'

export default defineJob({ name: 'lines', batchInterval: seconds(5) }, (ssc) => {
  ssc.kinesisStream('lines', text()).saveAsTextFiles('lines')
})
