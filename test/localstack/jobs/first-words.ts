// Totals of lines by their first word; a shop that takes each line, and refuses the line 'bad'. The line 'bomb' is a bad record.
import { defineJob, seconds, text, type State, type StreamingContext } from 'millrace'

export function firstWords(ssc: StreamingContext): void {
  const lines = ssc.kinesisStream('lines', text())
  lines
    .mapToPair((line) => {
      if (line === 'bomb') throw new RangeError('no bombs')
      return [line.split(' ')[0] ?? '', 1]
    })
    .reduceByKey((a, b) => a + b)
    .mapWithState(
      (word, n, state: State<number>) => {
        const total = (state.getOption() ?? 0) + (n ?? 0)
        state.update(total)
        return { word, total }
      },
      { uid: 'totals' },
    )
    .saveAsJsonFiles('totals')
  lines.foreachRDD(
    (rdd) => {
      if (rdd.collect().includes('bad')) throw new RangeError('the shop is closed')
    },
    { uid: 'shop' },
  )
}

export default defineJob({ name: 'first-words', batchInterval: seconds(2) }, firstWords)
