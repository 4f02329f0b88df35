// Spark's StatefulNetworkWordCount: how often each word has come since the start, beginning with ("hello", 1) and ("world", 1).
import { defineJob, seconds, text, type State } from 'millrace'

export default defineJob({ name: 'stateful-network-word-count', batchInterval: seconds(1) }, (ssc) => {
  // Spark takes an initial RDD; here it is a table, because the job may have run before.
  const initial = ssc.staticTable('initial', async () => [
    ['hello', 1],
    ['world', 1],
  ])

  const words = ssc.kinesisStream('lines', text()).flatMap((line) => line.split(' '))
  const stateDstream = words
    .mapToPair((word) => [word, 1])
    .mapWithState(
      (word, one, state: State<number>) => {
        const sum = (one ?? 0) + (state.getOption() ?? 0)
        state.update(sum)
        return [word, sum] as const
      },
      { uid: 'sums', initialState: initial },
    )
  stateDstream.print()
})
