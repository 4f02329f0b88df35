// The queries of Nexmark that DStreams can express, in the shape of https://github.com/nexmark/nexmark (nexmark-flink/src/main/resources/queries).
// Windows go by arrival time, and records arrive in the batch interval of their event time, so both give the same windows.
import { defineJob, json, seconds, type DStream, type Job, type StreamingContext } from 'millrace'
import type { Auction, Bid, NexmarkEvent, Person } from './generate.ts'

export const BATCH_SECONDS = 2
export const SIDE_INPUT_KEYS = 10_000

export interface Query {
  readonly name: string
  readonly what: string
  readonly job: Job
  /** Thousands of events per second and core of Flink 1.13, as Nexmark's README has it. */
  readonly flinkKps: number
}

function query(name: string, what: string, flinkKps: number, program: (events: DStream<NexmarkEvent>, ssc: StreamingContext) => DStream<unknown>): Query {
  const job = defineJob({ name, batchInterval: seconds(BATCH_SECONDS) }, (ssc) => {
    program(ssc.kinesisStream('lines', json()) as DStream<NexmarkEvent>, ssc).saveAsJsonFiles('result')
  })
  return { name, what, job, flinkKps }
}

const bidsOf = (events: DStream<NexmarkEvent>): DStream<Bid> => events.filter((event): event is Bid => event.type === 'bid')
const add = (a: number, b: number): number => a + b
const TEN = seconds(10)

/** A bid's channel id: of the large channels a number, of others what their URL says; null: unknown. */
export function channelId({ channel, url }: Bid): string | null {
  const large = ['apple', 'google', 'facebook', 'baidu'].indexOf(channel.toLowerCase())
  return large >= 0 ? String(large) : (/(?:&|^)channel_id=([^&]*)/.exec(url)?.[1] ?? null)
}

/** When a bid was made, by the hour of the day. */
export function timeType(dateTime: number): string {
  const hour = new Date(dateTime).getUTCHours()
  return hour >= 8 && hour <= 18 ? 'dayTime' : hour <= 6 || hour >= 20 ? 'nightTime' : 'otherTime'
}

export const queries: readonly Query[] = [
  query('q0', 'pass through', 155, (events) => bidsOf(events)),
  query('q1', 'convert prices', 158, (events) => bidsOf(events).map((bid) => ({ ...bid, price: 0.908 * bid.price }))),
  query('q2', 'select by auction', 175, (events) =>
    bidsOf(events)
      .filter((bid) => bid.auction % 123 === 0)
      .map(({ auction, price }) => ({ auction, price })),
  ),
  query('q5', 'hot items, 10 s every 2 s', 22.1, (events) =>
    bidsOf(events)
      .mapToPair((bid) => [bid.auction, 1])
      .reduceByKeyAndWindow(add, (a, b) => a - b, TEN, seconds(2), { uid: 'bids', filter: ([, n]) => n > 0 })
      .transform((counts) => {
        const most = counts.fold(0, (max, [, n]) => Math.max(max, n))
        return counts.filter(([, n]) => n === most)
      }),
  ),
  query('q7', 'highest bid, every 10 s', 12.3, (events) =>
    bidsOf(events)
      .map(({ auction, price, bidder, dateTime }) => [{ auction, price, bidder, dateTime }])
      .reduceByWindow(([a], [b]) => [a !== undefined && b !== undefined && b.price > a.price ? b : a] as never, TEN, TEN, { uid: 'highest' })
      .flatMap((bids) => bids),
  ),
  query('q8', 'new users who sell, every 10 s', 146, (events) => {
    const persons = events
      .filter((event): event is Person => event.type === 'person')
      .mapToPair(({ id, name }) => [id, name])
      .reduceByKeyAndWindow((a) => a, TEN, TEN, { uid: 'persons' })
    const sellers = events
      .filter((event): event is Auction => event.type === 'auction')
      .mapToPair(({ seller }) => [seller, 1])
      .reduceByKeyAndWindow((a) => a, TEN, TEN, { uid: 'sellers' })
    return persons.join(sellers, { uid: 'new-sellers' }).map(([id, [name]]) => ({ id, name }))
  }),
  query('q12', 'bids per bidder, every 10 s', 75.7, (events) =>
    bidsOf(events)
      .mapToPair((bid) => [bid.bidder, 1])
      .reduceByKeyAndWindow(add, TEN, TEN, { uid: 'bids' }),
  ),
  query('q13', 'join a static table', 131, (events, ssc) => {
    const side = ssc.staticTable('side', () => Promise.resolve(Array.from({ length: SIDE_INPUT_KEYS }, (_, key) => [key, `value-${key}`] as [number, string])))
    return bidsOf(events)
      .mapToPair((bid) => [bid.auction % SIDE_INPUT_KEYS, bid])
      .joinTable(side)
      .map(([, [{ auction, bidder, price, dateTime }, value]]) => ({ auction, bidder, price, dateTime, value }))
  }),
  query('q14', 'calculate and filter', 161, (events) =>
    bidsOf(events)
      .filter((bid) => 0.908 * bid.price > 1_000_000 && 0.908 * bid.price < 50_000_000)
      .map(({ auction, bidder, price, dateTime, extra }) => ({
        auction,
        bidder,
        price: 0.908 * price,
        bidTimeType: timeType(dateTime),
        dateTime,
        extra,
        cCounts: extra.split('c').length - 1,
      })),
  ),
  query('q21', 'add the channel id', 98.5, (events) =>
    bidsOf(events)
      .map((bid) => ({ auction: bid.auction, bidder: bid.bidder, price: bid.price, channel: bid.channel, channelId: channelId(bid) }))
      .filter((row) => row.channelId !== null),
  ),
  query('q22', 'split the URL', 130, (events) =>
    bidsOf(events).map(({ auction, bidder, price, channel, url }) => {
      const [, , , dir1, dir2, dir3] = url.split('/')
      return { auction, bidder, price, channel, dir1, dir2, dir3 }
    }),
  ),
]
