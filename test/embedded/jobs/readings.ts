// Sums of fractions, whose last digits depend on the order of additions; windows, state with time-outs, several partitions and stages.
import { defineJob, json, seconds, type State } from 'millrace'

interface Reading {
  readonly sensor: string
  readonly value: number
}

export default defineJob({ name: 'readings', batchInterval: seconds(1), numPartitions: 3 }, (ssc) => {
  const readings = ssc.kinesisStream('readings', json()).map((row) => row as Reading)
  const pairs = readings.mapToPair(({ sensor, value }) => [sensor, value])

  pairs
    .reduceByKeyAndWindow(
      (a, b) => a + b,
      (a, b) => a - b,
      seconds(5),
      seconds(2),
      { uid: 'window' },
    )
    .saveAsJsonFiles('window')
  pairs
    .mapWithState(
      (sensor, value, state: State<number>) => {
        if (value === undefined) return { sensor, silentAfter: state.get() }
        state.update((state.getOption() ?? 0) + value)
        return undefined
      },
      { uid: 'silent', timeout: seconds(2) },
    )
    .saveAsJsonFiles('silent')
  pairs
    .reduceByKey((a, b) => a + b)
    .map(([, sum]) => sum)
    .mapToPair((sum) => [Math.floor(sum) % 3, sum])
    .reduceByKey((a, b) => a + b, { numPartitions: 2 })
    .saveAsTextFiles('sums', 'txt')
  pairs.groupByKey().saveAsJsonFiles('groups')
})
