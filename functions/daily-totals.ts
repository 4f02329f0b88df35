// Orders to two places: Parquet files by day, for a query engine, and totals by country in a table of PostgreSQL, for whoever asks now.
import { defineJob, json, seconds } from 'millrace'
import { parquetFile } from 'millrace/parquet'
import { postgres } from 'millrace/postgres'

interface Order {
  readonly id: number
  readonly country: string
  readonly cents: number
}

export default defineJob({ name: 'daily-totals', batchInterval: seconds(10), numPartitions: 2 }, (ssc) => {
  const orders = ssc.kinesisStream('orders', json()).map((order) => order as Order)
  orders.saveAsFiles('orders', parquetFile({ columns: { id: 'integer', country: 'text', cents: 'integer' } }), { layout: 'day' })
  orders
    .mapToPair(({ country, cents }) => [country, cents])
    .updateStateByKey((cents, total: number | undefined) => cents.reduce((a, b) => a + b, total ?? 0), { uid: 'totals' })
    .saveTo(postgres({ connection: { env: 'DATABASE_URL' }, table: 'totals', columns: { key: 'text', value: 'integer' }, key: 'key' }))
})
