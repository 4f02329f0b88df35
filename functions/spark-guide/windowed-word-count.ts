// The guide's windowed word count: the last 30 seconds of data, every 10 seconds.
import { defineJob, seconds, text } from 'millrace'

export default defineJob({ name: 'windowed-word-count', batchInterval: seconds(5) }, (ssc) => {
  const pairs = ssc
    .kinesisStream('lines', text())
    .flatMap((line) => line.split(' '))
    .mapToPair((word) => [word, 1])

  const windowedWordCounts = pairs.reduceByKeyAndWindow((a, b) => a + b, seconds(30), seconds(10), { uid: 'window' })
  windowedWordCounts.print()
})
