import { defineJob, seconds, text } from 'millrace'

export default defineJob({ name: 'no-output', batchInterval: seconds(5) }, (ssc) => {
  ssc.kinesisStream('lines', text())
})
