// Keeps a total per line: for measuring what a state takes up.
import { defineJob, seconds, text, type State } from 'millrace'

export default defineJob({ name: 'totals', batchInterval: seconds(5) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .mapToPair((line) => [line, 1])
    .reduceByKey((a, b) => a + b)
    .mapWithState(
      (key, n, state: State<number>) => {
        state.update((state.getOption() ?? 0) + (n ?? 0))
        return [key, state.get()] as const
      },
      { uid: 'totals' },
    )
    .filter(([, total]) => total > 1)
    .saveAsJsonFiles('again')
})
