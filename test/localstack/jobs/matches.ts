// Two streams: which orders and payments of the last four seconds belong together, and what has been seen of each order so far.
import { defineJob, json, seconds, type State } from 'millrace'
import * as v from 'valibot'

export const Order = v.object({ id: v.string(), cents: v.number() })
export const Payment = v.object({ order: v.string(), paid: v.number() })

const WINDOW = seconds(4)

export default defineJob({ name: 'matches', batchInterval: seconds(1), numPartitions: 2 }, (ssc) => {
  const orders = ssc.kinesisStream('orders', json(Order)).mapToPair(({ id, cents }) => [id, cents])
  const payments = ssc.kinesisStream('payments', json(Payment)).mapToPair(({ order, paid }) => [order, paid])

  orders
    .window(WINDOW)
    .join(payments.window(WINDOW))
    .map(([id, [cents, paid]]) => ({ id, cents, paid }))
    .saveAsJsonFiles('paid')

  orders
    .mapValues(() => 'order')
    .union(payments.mapValues(() => 'payment'))
    .mapWithState(
      (id, what, state: State<readonly string[]>) => {
        state.update([...(state.getOption() ?? []), what ?? 'nothing'].sort())
        return { id }
      },
      { uid: 'seen' },
    )
    .saveAsJsonFiles('seen')
})
