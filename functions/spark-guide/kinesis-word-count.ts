// Spark's KinesisWordCountASL. It makes one DStream per shard and a union of them; here every shard is read by itself.
import { bytes, defineJob, milliseconds } from 'millrace'

export default defineJob({ name: 'kinesis-word-count', batchInterval: milliseconds(2000) }, (ssc) => {
  const records = ssc.kinesisStream('words', bytes())
  const words = records.flatMap((record) => Buffer.from(record).toString().split(' '))
  const wordCounts = words.mapToPair((word) => [word, 1]).reduceByKey((a, b) => a + b)
  wordCounts.print()
})
