import { defineJob, seconds, text, type Job } from 'millrace'

export const INTERVAL_S = 5
const RECORD_BYTES = 1_024

/** Returns a job that counts the words of each record, which stand before its filler. */
export function wordCount(partitions: number): Job {
  return defineJob({ name: 'word-count', batchInterval: seconds(INTERVAL_S), numPartitions: partitions }, (ssc) => {
    ssc
      .kinesisStream('lines', text())
      .flatMap((line) => line.slice(0, line.indexOf('  ')).split(' '))
      .mapToPair((word) => [word, 1])
      .reduceByKey((a, b) => a + b)
      .saveAsJsonFiles('counts')
  })
}

/** Returns a record of 1 KB with so many words, the n-th ones of the vocabulary, which is gone through in turn. */
export function record(n: number, { words, keys }: { readonly words: number; readonly keys: number }): string {
  const line = Array.from({ length: words }, (_, i) => `k${String((n * words + i) % keys).padStart(4, '0')}`).join(' ')
  return `${line}  `.padEnd(RECORD_BYTES, 'x')
}
