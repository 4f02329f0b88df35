// Spark's HdfsWordCount: counts words in the text files that appear in a folder. `millrace run` watches it; write a file elsewhere and move it there.
import { defineJob, seconds } from 'millrace'

export default defineJob({ name: 'hdfs-word-count', batchInterval: seconds(2) }, (ssc) => {
  const lines = ssc.textFileStream('incoming')
  const words = lines.flatMap((line) => line.split(' '))
  const wordCounts = words.mapToPair((word) => [word, 1]).reduceByKey((a, b) => a + b)
  wordCounts.print()
})
