import { defineJob, seconds } from 'millrace'

export default defineJob({ name: 'queue', batchInterval: seconds(1) }, (ssc) => {
  ssc.queueStream([[1], [2]]).print()
})
