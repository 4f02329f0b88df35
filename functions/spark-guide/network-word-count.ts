// Spark's quick example: NetworkWordCount. Its text comes from a stream instead of a socket.
import { defineJob, seconds, text } from 'millrace'

export default defineJob({ name: 'network-word-count', batchInterval: seconds(1) }, (ssc) => {
  const lines = ssc.kinesisStream('lines', text())
  const words = lines.flatMap((line) => line.split(' '))
  const wordCounts = words.mapToPair((word) => [word, 1]).reduceByKey((a, b) => a + b)
  wordCounts.print()
})
