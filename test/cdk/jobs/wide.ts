// Two streams, several partitions, text output, an asset.
import { asset, defineJob, json, minutes, seconds, text } from 'millrace'

export default defineJob({ name: 'wide', batchInterval: minutes(1), numPartitions: 4 }, (ssc) => {
  const names = ssc.staticTable('names', async () => Object.entries((await asset('test/cdk/jobs/names.json').json()) as Record<string, string>))
  const orders = ssc.kinesisStream('orders', text()).mapToPair((line) => [line, 1])
  const payments = ssc.kinesisStream('payments', json()).mapToPair((value) => [String(value), 2])
  orders.join(payments).saveAsTextFiles('reports/joined', 'txt')
  orders
    .joinTable(names)
    .reduceByKeyAndWindow((a) => a, minutes(10), minutes(5), { uid: 'sums' })
    .foreachRDD(() => {})
  payments.window(minutes(2)).count().print()
  ssc
    .union([orders, payments])
    .filter(([, n]) => n > seconds(1).milliseconds)
    .saveAsJsonFiles('odd')
})
