import { csvFile, defineJob, json, jsonLinesFile, seconds, textFile } from 'millrace'
import { parquetFile } from 'millrace/parquet'

interface Order {
  readonly id: number
  readonly country: string
  readonly cents: number
}

/** The same rows in all formats and layouts. */
export default defineJob({ name: 'all-formats', batchInterval: seconds(60), numPartitions: 2 }, (ssc) => {
  const orders = ssc.kinesisStream('orders', json()).map((order) => order as Order)
  const columns = { id: 'integer', country: 'text', cents: 'integer' } as const
  const partitionBy = ({ country }: Order): { readonly country: string } => ({ country })
  orders.saveAsFiles('text', textFile())
  orders.saveAsFiles('json', jsonLinesFile({ compress: 'gzip' }), { layout: 'hour' })
  orders.saveAsFiles('csv', csvFile({ columns, compress: 'zstd' }), { layout: 'day', partitionBy })
  orders.saveAsFiles('parquet', parquetFile({ columns }), { layout: 'hour', partitionBy })
  orders.saveAsObjectFiles('objects')
})
