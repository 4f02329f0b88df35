import { defineJob, json, seconds } from 'millrace'
import { parquetFile } from 'millrace/parquet'

interface Order {
  readonly id: number
  readonly country: string
}

export default defineJob({ name: 'to-table-by-country', batchInterval: seconds(10) }, (ssc) => {
  const orders = ssc.kinesisStream('orders', json()).map((order) => order as Order)
  orders.saveAsFiles('orders', parquetFile({ columns: { id: 'integer' } }), { layout: 'day', partitionBy: ({ country }) => ({ country }) })
})
