// What the examples put out and keep, computed plainly from what each batch consists of. Imports only types.
import type { ComposedBatch } from './compose.ts'

/** What a batch puts out and leaves behind, as JSON lines in any order. `lines`: none where the batch's operators are not due. */
export interface Expected {
  readonly n: number
  readonly time: number
  readonly lines: Readonly<Record<string, readonly string[]>>
  readonly state: Readonly<Record<string, ReadonlyMap<string, unknown>>>
}

const SECOND = 1000

/** functions/word-count.ts: counts over a minute, every ten seconds. */
export function foldWordCount(batches: readonly ComposedBatch[]): readonly Expected[] {
  let counts = new Map<string, unknown>()
  return batches.map(({ n, time }, k) => {
    if (time % (10 * SECOND) === 0) {
      const window = batches.slice(0, k + 1).filter((batch) => batch.time > time - 60 * SECOND)
      const words = window.flatMap(({ records }) =>
        records.flatMap(
          ({ data }) =>
            Buffer.from(data)
              .toString()
              .toLowerCase()
              .match(/\p{L}+/gu) ?? [],
        ),
      )
      const found = new Map<string, number>()
      for (const word of words) found.set(word, (found.get(word) ?? 0) + 1)
      counts = new Map([...found].map(([word, count]) => [JSON.stringify(word), count]))
      return { n, time, lines: { counts: [...found].map((pair) => JSON.stringify(pair)) }, state: { counts } }
    }
    return { n, time, lines: {}, state: { counts } }
  })
}

interface Flight {
  readonly delay: number
  readonly origin: string
  readonly destination: string
}

interface Delays {
  readonly flights: number
  readonly delay: number
}

/** functions/worst-airports.ts: the worst ten of seven seconds with ten flights or more, totals of each route, and the late flights. */
export function foldWorstAirports(batches: readonly ComposedBatch[], airports: ReadonlyMap<string, string>): readonly Expected[] {
  const routes = new Map<string, Delays>()
  const parsed = batches.map(({ n, time, records }) => ({ n, time, flights: records.map(({ data }) => JSON.parse(Buffer.from(data).toString()) as Flight) }))
  return parsed.map(({ n, time, flights }, k) => {
    const week = parsed.slice(0, k + 1).filter((batch) => batch.time > time - 7 * SECOND)
    const origins = totals(
      week.flatMap((batch) => batch.flights),
      ({ origin }) => origin,
    )
    const worst = [...origins]
      .flatMap(([origin, { flights: count, delay }]) => {
        const airport = airports.get(origin)
        return airport === undefined || count < 10 ? [] : [{ origin, airport, flights: count, meanDelay: Math.round((delay / count) * 10) / 10 }]
      })
      .sort((a, b) => b.meanDelay - a.meanDelay || (a.origin < b.origin ? -1 : 1))
      .slice(0, 10)
    const today = totals(flights, ({ origin, destination }) => JSON.stringify([origin, destination]))
    for (const [route, { flights: count, delay }] of today) {
      const before = routes.get(route) ?? { flights: 0, delay: 0 }
      routes.set(route, { flights: before.flights + count, delay: before.delay + delay })
    }
    return {
      n,
      time,
      lines: {
        worst: worst.map((row) => JSON.stringify(row)),
        routes: [...today.keys()].map((route) => JSON.stringify({ route: JSON.parse(route) as unknown, ...routes.get(route) })),
        late: flights.filter(({ delay }) => delay >= 60).map((flight) => JSON.stringify(flight)),
      },
      state: { week: new Map([...origins].map(([origin, sum]) => [JSON.stringify(origin), sum])), routes: new Map(routes) },
    }
  })
}

function totals(flights: readonly Flight[], by: (flight: Flight) => string): ReadonlyMap<string, Delays> {
  const sums = new Map<string, Delays>()
  for (const flight of flights) {
    const sum = sums.get(by(flight)) ?? { flights: 0, delay: 0 }
    sums.set(by(flight), { flights: sum.flights + 1, delay: sum.delay + flight.delay })
  }
  return sums
}
