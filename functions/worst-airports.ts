// The ten worst airports of the last seven days by mean delay, with 20,000 real flights of 2001 (npm start).
// One day of flights passes in a second of stream time, so a window of seven days is one of seven seconds.
import { asset, defineJob, json, seconds, type StandardSchema, type State } from 'millrace'

interface Flight {
  readonly date: string
  /** Minutes; negative: early. */
  readonly delay: number
  readonly distance: number
  readonly origin: string
  readonly destination: string
}

// zod, valibot or arktype would do as well: this is what they have in common.
const Flight: StandardSchema<Flight> = {
  '~standard': {
    version: 1,
    vendor: 'worst-airports',
    validate: (value) => (isFlight(value) ? { value } : { issues: [{ message: 'not a flight: date, delay, distance, origin and destination are needed' }] }),
  },
}

const DAY = seconds(1)
const WEEK = DAY.times(7)
const LATE_MINUTES = 60
/** The mean of fewer flights in a week says more about one of them than about the airport. */
const FEWEST_FLIGHTS = 10
const SHOWN = 10

export default defineJob({ name: 'worst-airports', batchInterval: DAY }, (ssc) => {
  const airports = ssc.staticTable('airports', async () => parseAirports(await asset('node_modules/vega-datasets/data/airports.csv').text()))
  const flights = ssc.kinesisStream('flights', json(Flight))

  const worst = flights
    .mapToPair(({ origin, delay }) => [origin, { flights: 1, delay }])
    .reduceByKeyAndWindow(add, subtract, WEEK, DAY, { uid: 'week', filter: ([, { flights }]) => flights > 0 })
    .mapValues(({ flights, delay }) => ({ flights, meanDelay: Math.round((delay / flights) * 10) / 10 }))
    .filter(([, { flights }]) => flights >= FEWEST_FLIGHTS)
    .joinTable(airports)
    .map(([origin, [{ flights, meanDelay }, airport]]) => ({ origin, airport, flights, meanDelay }))
    .transform((rdd) =>
      rdd
        .sortBy(({ meanDelay, origin }) => [-meanDelay, origin])
        .zipWithIndex()
        .filter(([, place]) => place < SHOWN)
        .map(([row]) => row),
    )
  worst.saveAsJsonFiles('worst')
  worst.plot('Mean delay in minutes, worst airports', { x: 'airport', y: 'meanDelay' })

  flights
    .mapToPair(({ origin, destination, delay }) => [[origin, destination], { flights: 1, delay }])
    .reduceByKey(add)
    .mapWithState(
      (route, today, state: State<Delays>) => {
        if (today === undefined) return undefined
        const total = add(state.getOption() ?? { flights: 0, delay: 0 }, today)
        state.update(total)
        return { route, ...total }
      },
      { uid: 'routes' },
    )
    .saveAsJsonFiles('routes')

  flights.filter(({ delay }) => delay >= LATE_MINUTES).saveAsJsonFiles('late')

  flights
    .mapToPair(({ delay }) => [delay >= LATE_MINUTES ? 'an hour late or more' : 'all others', 1])
    .reduceByKey((a, b) => a + b)
    .plot('Flights a day', { kind: 'line', y: 'value', by: 'key', last: WEEK.times(8) })
  ssc.dashboard('Flights of 2001', [['Mean delay in minutes, worst airports'], ['Flights a day']])
})

interface Delays {
  readonly flights: number
  readonly delay: number
}

function add(a: Delays, b: Delays): Delays {
  return { flights: a.flights + b.flights, delay: a.delay + b.delay }
}

function subtract(a: Delays, b: Delays): Delays {
  return { flights: a.flights - b.flights, delay: a.delay - b.delay }
}

function isFlight(value: unknown): value is Flight {
  if (typeof value !== 'object' || value === null) return false
  const { date, delay, distance, origin, destination } = value as Partial<Flight>
  return typeof date === 'string' && Number.isFinite(delay) && Number.isFinite(distance) && typeof origin === 'string' && typeof destination === 'string'
}

/** Rows of iata,name,city,state,country,latitude,longitude; a name may stand in quotes. */
function parseAirports(csv: string): readonly (readonly [iata: string, name: string])[] {
  return csv
    .split('\n')
    .slice(1)
    .flatMap((row) => {
      const { iata, quoted, plain } = /^(?<iata>[^,]+),(?:"(?<quoted>(?:[^"]|"")*)"|(?<plain>[^,]*)),/.exec(row)?.groups ?? {}
      return iata === undefined ? [] : [[iata, quoted?.replaceAll('""', '"') ?? plain ?? ''] as const]
    })
}
