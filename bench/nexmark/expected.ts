// What the queries must give, computed from the events by plain loops: per batch the rows as lines of JSON.
import type { Bid, NexmarkEvent } from './generate.ts'
import { channelId, SIDE_INPUT_KEYS, timeType } from './queries.ts'

const WINDOW_BATCHES = 5

type Batches = readonly (readonly NexmarkEvent[])[]

const bidsOf = (events: readonly NexmarkEvent[]): readonly Bid[] => events.filter((event) => event.type === 'bid')

/** Returns the rows of the query after each batch; undefined: nothing is due then. */
export function expected(name: string, batches: Batches): readonly (readonly unknown[] | undefined)[] {
  const each = (rows: (bids: readonly Bid[]) => readonly unknown[]): readonly (readonly unknown[])[] => batches.map((events) => rows(bidsOf(events)))
  const window = (i: number): readonly NexmarkEvent[] => batches.slice(Math.max(0, i + 1 - WINDOW_BATCHES), i + 1).flat()
  const tumble = (rows: (events: readonly NexmarkEvent[]) => readonly unknown[]): readonly (readonly unknown[] | undefined)[] =>
    batches.map((_, i) => ((i + 1) % WINDOW_BATCHES === 0 ? rows(window(i)) : undefined))
  switch (name) {
    case 'q0':
      return each((bids) => bids)
    case 'q1':
      return each((bids) => bids.map((bid) => ({ ...bid, price: 0.908 * bid.price })))
    case 'q2':
      return each((bids) => bids.flatMap(({ auction, price }) => (auction % 123 === 0 ? [{ auction, price }] : [])))
    case 'q5':
      return batches.map((_, i) => {
        const counts = countBy(bidsOf(window(i)), (bid) => bid.auction)
        const most = Math.max(...counts.values())
        return [...counts].filter(([, n]) => n === most)
      })
    case 'q7':
      return tumble((events) => {
        let best: Bid | undefined
        for (const bid of bidsOf(events)) if (best === undefined || bid.price > best.price) best = bid
        return best === undefined ? [] : [{ auction: best.auction, price: best.price, bidder: best.bidder, dateTime: best.dateTime }]
      })
    case 'q8':
      return tumble((events) => {
        const sellers = new Set(events.flatMap((event) => (event.type === 'auction' ? [event.seller] : [])))
        return events.flatMap((event) => (event.type === 'person' && sellers.has(event.id) ? [{ id: event.id, name: event.name }] : []))
      })
    case 'q12':
      return tumble((events) => [...countBy(bidsOf(events), (bid) => bid.bidder)])
    case 'q13':
      return each((bids) =>
        bids.map(({ auction, bidder, price, dateTime }) => ({ auction, bidder, price, dateTime, value: `value-${auction % SIDE_INPUT_KEYS}` })),
      )
    case 'q14':
      return each((bids) => bids.map(calculated).filter(({ price }) => price > 1_000_000 && price < 50_000_000))
    case 'q21':
      return each((bids) =>
        bids.flatMap((bid) => {
          const { auction, bidder, price, channel } = bid
          const id = channelId(bid)
          return id === null ? [] : [{ auction, bidder, price, channel, channelId: id }]
        }),
      )
    case 'q22':
      return each((bids) =>
        bids.map(({ auction, bidder, price, channel, url }) => {
          const parts = url.split('/')
          return { auction, bidder, price, channel, dir1: parts[3], dir2: parts[4], dir3: parts[5] }
        }),
      )
    default:
      throw new Error(`no such query: ${name}`)
  }
}

function calculated({ auction, bidder, price, dateTime, extra }: Bid): { readonly price: number; readonly [name: string]: unknown } {
  let cCounts = 0
  for (const letter of extra) if (letter === 'c') cCounts++
  return { auction, bidder, price: 0.908 * price, bidTimeType: timeType(dateTime), dateTime, extra, cCounts }
}

function countBy(bids: readonly Bid[], keyOf: (bid: Bid) => number): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const bid of bids) counts.set(keyOf(bid), (counts.get(keyOf(bid)) ?? 0) + 1)
  return counts
}
