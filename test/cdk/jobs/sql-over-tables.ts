import { defineJob, json, seconds, type Decoder } from 'millrace'
import { sql, table } from 'millrace/sql'
import { jsonTable } from 'millrace/tables'

interface Bid {
  readonly auction: number
  readonly price: number
}

export default defineJob({ name: 'sql-over-tables', batchInterval: seconds(10) }, (ssc) => {
  const auctions = ssc.staticTable('auctions', jsonTable('test/cdk/jobs/auctions.json', { key: 'id', columns: { id: 'integer', name: 'text' } }))
  const bids = table(ssc.kinesisStream('bids', json() as unknown as Decoder<Bid>), { auction: 'integer', price: 'real' })
  sql(
    ssc,
    { bids, auctions: table(auctions) },
    'select a.name, approx_count_distinct(price) as n from bids b join auctions a on a.key = b.auction group by a.name',
  ).saveAsJsonFiles('best')
})
