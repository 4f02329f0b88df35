import { defineJob, seconds, type State, text } from 'millrace'
import { postgres } from 'millrace/postgres'
import { dynamoView, sqs } from 'millrace/sinks'

export default defineJob({ name: 'saved', batchInterval: seconds(2), numPartitions: 2 }, (ssc) => {
  const lines = ssc.kinesisStream('lines', text())
  const ones = lines.mapToPair((line) => [line, 1])
  const totals = ones
    .mapWithState(
      (line, one, state: State<number>) => {
        state.update((state.getOption() ?? 0) + (one ?? 0))
        return [line, state.get()] as const
      },
      { uid: 'totals' },
    )
    .reduceByKey((a, b) => Math.max(a, b))
  const columns = { key: 'text', value: 'integer' } as const
  totals.saveTo(dynamoView({ table: 'millrace-saved-counts', columns }))
  totals.saveTo(postgres({ connection: { env: 'DATABASE_URL' }, table: 'counts', columns, key: 'key' }))
  ones.reduceByKey((a, b) => a + b).saveTo(postgres({ connection: { env: 'DATABASE_URL' }, table: 'history', columns }))
  lines.map((line) => [line, line] as const).saveTo(sqs({ queue: 'millrace-saved-lines.fifo' }))
})
