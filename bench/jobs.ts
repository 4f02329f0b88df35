import { defineJob, json, seconds, text, type Job } from 'millrace'

interface Order {
  readonly user: string
  readonly paid: boolean
}

/** The lines that say ERROR. */
export const grep: Job = defineJob({ name: 'grep', batchInterval: seconds(5) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .filter((line) => line.includes('ERROR'))
    .saveAsTextFiles('errors')
})

/** How often each word occurs. */
export const wordCount: Job = defineJob({ name: 'word-count', batchInterval: seconds(5) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .flatMap((line) => line.split(' '))
    .mapToPair((word) => [word, 1])
    .reduceByKey((a, b) => a + b)
    .saveAsJsonFiles('counts')
})

/** The number of paid orders per user. */
export const jsonCount: Job = defineJob({ name: 'json-count', batchInterval: seconds(5) }, (ssc) => {
  ssc
    .kinesisStream('lines', json())
    .filter((order) => (order as Order).paid)
    .mapToPair((order) => [(order as Order).user, 1])
    .reduceByKey((a, b) => a + b)
    .saveAsJsonFiles('paid')
})

/**
 * Other programs over the same operators, with rows of other types. They run first: in a real process an operator's code never
 * serves one program alone, and the compiler must not be allowed to specialise it for the one that is measured.
 */
export const others: readonly Job[] = [
  defineJob({ name: 'lengths', batchInterval: seconds(1) }, (ssc) => {
    const lengths = ssc.kinesisStream('lines', text()).map((line) => line.length)
    lengths
      .filter((n) => n % 2 === 0)
      .map((n) => ({ n }))
      .saveAsJsonFiles('even')
    lengths
      .mapToPair((n) => [n, { n }])
      .reduceByKey((a) => a)
      .saveAsJsonFiles('distinct')
  }),
  defineJob({ name: 'letters', batchInterval: seconds(1) }, (ssc) => {
    const pairs = ssc.kinesisStream('lines', text()).flatMapToPair(
      (line) =>
        new Map([
          [line.slice(0, 3), [line.length]],
          [line.slice(-3), [1]],
        ]),
    )
    pairs
      .mapValues((list) => list.length)
      .reduceByKey((a, b) => Math.max(a, b))
      .saveAsTextFiles('longest')
    pairs.groupByKey().saveAsJsonFiles('groups')
  }),
  defineJob({ name: 'tuples', batchInterval: seconds(1) }, (ssc) => {
    ssc
      .kinesisStream('lines', text())
      .keyBy((line) => [line.slice(0, 2), line.length] as [string, number])
      .filter(([[prefix]]) => prefix !== 'xx')
      .mapValues((line) => BigInt(line.length))
      .reduceByKey((a, b) => a + b)
      .saveAsJsonFiles('tuples')
  }),
]
