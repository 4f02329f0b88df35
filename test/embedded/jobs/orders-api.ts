// Polls a paged REST API. ORDERS_API says where it is.
import { defineJob, seconds } from '../../../lib/index.ts'

interface Order {
  readonly id: number
  readonly cents: number
}

export default defineJob({ name: 'orders-api', batchInterval: seconds(1) }, (ssc) => {
  const orders = ssc.receiverStream<Order, number>('orders', {
    every: seconds(1),
    limit: 7,
    poll: async (after = 0, { limit, signal }) => {
      const answer = await fetch(`${process.env['ORDERS_API']}/orders?after=${after}&limit=${limit}`, { signal })
      if (!answer.ok) throw new Error(`the API answered ${answer.status}`)
      const records = (await answer.json()) as readonly Order[]
      return { records, position: records.at(-1)?.id ?? after }
    },
  })
  orders.saveAsJsonFiles('orders')
  orders.count().print()
})
