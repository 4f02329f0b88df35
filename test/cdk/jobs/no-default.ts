import { defineJob, seconds, text } from 'millrace'

export const job = defineJob({ name: 'hidden', batchInterval: seconds(1) }, (ssc) => {
  ssc.kinesisStream('lines', text()).print()
})
