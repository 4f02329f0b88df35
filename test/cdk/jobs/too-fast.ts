import { defineJob, milliseconds, text } from 'millrace'

export default defineJob({ name: 'too-fast', batchInterval: milliseconds(200) }, (ssc) => {
  ssc.kinesisStream('lines', text()).print()
})
