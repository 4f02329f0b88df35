// Events of Nexmark, after the generator of https://github.com/nexmark/nexmark (version 0.2 and its defaults): of 50 events 1 is a person, 3 are auctions and 46 are bids;
// half of the bids go to a hot auction, three quarters come from a hot bidder, three quarters of the auctions are a hot seller's. The random numbers are our own.
import { random } from '../random.ts'

export interface Person {
  readonly type: 'person'
  readonly id: number
  readonly name: string
  readonly email: string
  readonly creditCard: string
  readonly city: string
  readonly state: string
  readonly dateTime: number
  readonly extra: string
}

export interface Auction {
  readonly type: 'auction'
  readonly id: number
  readonly itemName: string
  readonly description: string
  readonly initialBid: number
  readonly reserve: number
  readonly dateTime: number
  readonly expires: number
  readonly seller: number
  readonly category: number
  readonly extra: string
}

export interface Bid {
  readonly type: 'bid'
  readonly auction: number
  readonly bidder: number
  readonly price: number
  readonly channel: string
  readonly url: string
  readonly dateTime: number
  readonly extra: string
}

export type NexmarkEvent = Person | Auction | Bid

export const EVENTS_PER_SECOND = 10_000

const [PERSONS, AUCTIONS, TOTAL] = [1, 3, 50]
const FIRST_ID = 1_000
const FIRST_CATEGORY = 10
const CATEGORIES = 5
const ID_LEAD = 10
const HOT = 100
const IN_FLIGHT_AUCTIONS = 100
const ACTIVE_PEOPLE = 1_000
const CHANNELS = 10_000
const HOT_CHANNELS = ['Google', 'Facebook', 'Baidu', 'Apple']
const STATES = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY']
const CITIES = ['Phoenix', 'Los Angeles', 'San Francisco', 'Boise', 'Portland', 'Bend', 'Redmond', 'Seattle', 'Kent', 'Cheyenne']
const FIRST_NAMES = ['Peter', 'Paul', 'Luke', 'John', 'Saul', 'Vicky', 'Kate', 'Julie', 'Sarah', 'Deiter', 'Walter']
const LAST_NAMES = ['Shultz', 'Abrams', 'Spencer', 'White', 'Bartels', 'Walton', 'Smith', 'Jones', 'Noris']

/** Returns the first `count` events, the first at `startMs`, at 10,000 a second. */
export function generate(count: number, { seed, startMs }: { readonly seed: number; readonly startMs: number }): readonly NexmarkEvent[] {
  const next = random(seed)
  const int = (n: number): number => Math.floor(n * next())
  const one = (list: readonly string[]): string => list[int(list.length)] ?? ''
  const letters = (length: number, special: string): string =>
    Array.from({ length }, () => (int(13) === 0 ? special : String.fromCharCode(97 + int(26)))).join('')
  const text = (maxLength: number, special = ' '): string => letters(3 + int(maxLength - 3), special).trim()
  /** Fills an event up to its average size, give or take a fifth. */
  const extra = (size: number, averageSize: number): string => {
    if (size > averageSize) return ''
    const rest = averageSize - size
    const delta = Math.round(rest * 0.2)
    return letters(rest - delta + (delta === 0 ? 0 : int(2 * delta)), ' ')
  }
  const price = (): number => Math.round(10 ** (next() * 6) * 100)
  const url = (): string => `https://www.nexmark.com/${text(5, '_')}/${text(5, '_')}/${text(5, '_')}/item.htm?query=1`
  const channels = [
    ...HOT_CHANNELS.map((channel) => [channel, url()] as const),
    ...Array.from({ length: CHANNELS }, (_, i) => [`channel-${i}`, int(10) > 0 ? `${url()}&channel_id=${Math.abs(reverseBits(i))}` : url()] as const),
  ]
  const anyPerson = (n: number): number => {
    const people = lastPerson(n) + 1
    const active = Math.min(people, ACTIVE_PEOPLE)
    return people - active + int(active + ID_LEAD)
  }
  const anyAuction = (n: number): number => {
    const last = lastAuction(n)
    const first = Math.max(last - IN_FLIGHT_AUCTIONS, 0)
    return first + int(last - first + 1 + ID_LEAD)
  }
  return Array.from({ length: count }, (_, n): NexmarkEvent => {
    const dateTime = startMs + Math.floor((n * 1_000) / EVENTS_PER_SECOND)
    const place = n % TOTAL
    if (place < PERSONS) {
      const name = `${one(FIRST_NAMES)} ${one(LAST_NAMES)}`
      const email = `${text(7)}@${text(5)}.com`
      const creditCard = Array.from({ length: 4 }, () => String(int(10_000)).padStart(4, '0')).join(' ')
      const [city, state] = [one(CITIES), one(STATES)]
      const size = 8 + name.length + email.length + creditCard.length + city.length + state.length
      return { type: 'person', id: FIRST_ID + lastPerson(n), name, email, creditCard, city, state, dateTime, extra: extra(size, 200) }
    }
    if (place < PERSONS + AUCTIONS) {
      const seller = FIRST_ID + (int(4) > 0 ? Math.floor(lastPerson(n) / HOT) * HOT : anyPerson(n))
      const [category, initialBid, itemName, description] = [FIRST_CATEGORY + int(CATEGORIES), price(), text(20), text(100)]
      const horizonMs = ((IN_FLIGHT_AUCTIONS * TOTAL) / AUCTIONS / EVENTS_PER_SECOND) * 1_000
      return {
        type: 'auction',
        id: FIRST_ID + lastAuction(n),
        itemName,
        description,
        initialBid,
        reserve: initialBid + price(),
        dateTime,
        expires: dateTime + 1 + int(horizonMs * 2),
        seller,
        category,
        extra: extra(48 + itemName.length + description.length, 500),
      }
    }
    const auction = FIRST_ID + (int(2) > 0 ? Math.floor(lastAuction(n) / HOT) * HOT : anyAuction(n))
    const bidder = FIRST_ID + (int(4) > 0 ? Math.floor(lastPerson(n) / HOT) * HOT + 1 : anyPerson(n))
    const bidPrice = price()
    const [channel, where] = channels[int(2) > 0 ? int(HOT_CHANNELS.length) : HOT_CHANNELS.length + int(CHANNELS)] ?? ['', '']
    return { type: 'bid', auction, bidder, price: bidPrice, channel, url: where, dateTime, extra: extra(32, 100) }
  })
}

/** The number, from 0, of the newest person when event n is made. */
function lastPerson(n: number): number {
  return Math.floor(n / TOTAL) * PERSONS + Math.min(n % TOTAL, PERSONS - 1)
}

function lastAuction(n: number): number {
  const place = n % TOTAL
  // Before a round's first auction the newest is the round's before.
  if (place < PERSONS) return (Math.floor(n / TOTAL) - 1) * AUCTIONS + AUCTIONS - 1
  return Math.floor(n / TOTAL) * AUCTIONS + Math.min(place - PERSONS, AUCTIONS - 1)
}

function reverseBits(n: number): number {
  let reversed = 0
  for (let bit = 0; bit < 32; bit++) reversed |= ((n >>> bit) & 1) << (31 - bit)
  return reversed
}
