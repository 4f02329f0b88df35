import { csvFile, defineJob, json, jsonLinesFile, seconds } from 'millrace'
import { parquetFile } from 'millrace/parquet'

interface Order {
  readonly id: number
  readonly country: string
  readonly at: number
}

export default defineJob({ name: 'to-tables', batchInterval: seconds(10) }, (ssc) => {
  const orders = ssc.kinesisStream('orders', json()).map((order) => order as Order)
  orders.saveAsFiles('shop/orders', parquetFile({ columns: { id: 'integer', country: 'text', at: 'timestamp' } }), { layout: 'hour' })
  orders.saveAsFiles('countries', csvFile({ columns: { country: 'text', id: 'integer' }, delimiter: ';' }), { layout: 'day' })
  // These are no tables: without columns, and without a layout.
  orders.saveAsFiles('lines', jsonLinesFile(), { layout: 'day' })
  orders.saveAsFiles('batches', csvFile({ columns: { id: 'integer' } }))
})
