import { defineJob, hours, text } from 'millrace'

export default defineJob({ name: 'too-slow', batchInterval: hours(1) }, (ssc) => {
  ssc.kinesisStream('lines', text()).print()
})
