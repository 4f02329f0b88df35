import { defineJob, seconds, text } from 'millrace'

const word = await Promise.resolve('word')

export default defineJob({ name: 'waits', batchInterval: seconds(1) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .filter((line) => line === word)
    .print()
})
