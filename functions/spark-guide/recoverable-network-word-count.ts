// Spark's RecoverableNetworkWordCount: counts words but for some, and how many of those there were. There is no getOrCreate, because every start goes on.
import { defineJob, seconds, text, type State } from 'millrace'

export default defineJob({ name: 'recoverable-network-word-count', batchInterval: seconds(1) }, (ssc) => {
  // Spark's broadcast variable.
  const excluded = ssc.staticTable('excluded', async () => [
    ['a', true],
    ['b', true],
    ['c', true],
  ])
  const words = ssc.kinesisStream('lines', text()).flatMap((line) => line.split(' '))
  const wordCounts = words
    .mapToPair((word) => [word, 1])
    .reduceByKey((a, b) => a + b)
    .leftOuterJoinTable(excluded)
  wordCounts
    .filter(([, [, isExcluded]]) => isExcluded === undefined)
    .mapValues(([count]) => count)
    .saveAsTextFiles('counts')

  // Spark's accumulator: here it is state, so that it is right after a failure, too.
  wordCounts
    .filter(([, [, isExcluded]]) => isExcluded !== undefined)
    .mapToPair(([, [count]]) => ['dropped words', count])
    .reduceByKey((a, b) => a + b)
    .mapWithState(
      (name, count, state: State<number>) => {
        const total = (count ?? 0) + (state.getOption() ?? 0)
        state.update(total)
        return `${name}: ${total}`
      },
      { uid: 'dropped' },
    )
    .print()
})
