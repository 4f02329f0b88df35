import { defineJob, seconds, text } from 'millrace'

// @ts-expect-error: erasableSyntaxOnly
enum Word {
  word = 'word',
}

export default defineJob({ name: 'enum', batchInterval: seconds(5) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .filter((line) => line === Word.word)
    .print()
})
