// @ts-expect-error: what a user forgets, the ending of the file
import { word } from './word'
import { defineJob, seconds, text } from 'millrace'

export default defineJob({ name: 'bad-import', batchInterval: seconds(5) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .filter((line) => line === word)
    .print()
})
