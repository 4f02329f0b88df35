import type { KinesisStreamEvent } from 'aws-lambda'
import { scratchText } from './scratch-text.ts'

interface Order {
  readonly user: string
  readonly paid: boolean
}

/** What one writes without thinking: returns the number of paid orders per user. */
export function naiveJsonCount(event: KinesisStreamEvent): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const record of event.Records) {
    const order = JSON.parse(Buffer.from(record.kinesis.data, 'base64').toString()) as Order
    if (order.paid) counts.set(order.user, (counts.get(order.user) ?? 0) + 1)
  }
  return counts
}

/** The same as fast as we can write it by hand. */
export function bestJsonCount(event: KinesisStreamEvent): ReadonlyMap<string, number> {
  const cells = new Map<string, { count: number }>()
  const records = event.Records
  for (let i = 0; i < records.length; i++) {
    const order = JSON.parse(scratchText(records[i]!.kinesis.data)) as Order
    if (!order.paid) continue
    const cell = cells.get(order.user)
    if (cell === undefined) cells.set(order.user, { count: 1 })
    else cell.count++
  }
  const counts = new Map<string, number>()
  for (const [user, { count }] of cells) counts.set(user, count)
  return counts
}
