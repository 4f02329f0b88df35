// Hours whose flights were late as they usually are not at that hour of the week, in 20,000 real flights of 2001. One day of flights passes in a second of stream time.
import { defineJob, json, seconds } from 'millrace'
import { detectByKey, seasonalBaseline, summary } from 'millrace/ml'

interface Flight {
  /** 2001/01/01 00:47 */
  readonly date: string
  /** Minutes; negative: early. */
  readonly delay: number
}

const DAY = seconds(1)
/** The mean of fewer flights says more about one of them than about the hour. */
const FEWEST_FLIGHTS = 5
/** Standard deviations of that hour of the week. */
const ODD = 4

export default defineJob({ name: 'anomalies', batchInterval: DAY }, (ssc) => {
  const { create, mergeValue, mergeCombiners } = summary()
  const hours = ssc
    .kinesisStream('flights', json())
    .map((flight) => flight as Flight)
    .mapToPair(({ date, delay }) => [`${date.slice(0, 13).replaceAll('/', '-').replace(' ', 'T')}:00Z`, delay])
    .combineByKey(create, mergeValue, mergeCombiners, { numPartitions: 1 })
    .filter(([, { count }]) => count >= FEWEST_FLIGHTS)

  const scored = detectByKey(
    hours.mapToPair(([hour, { mean }]) => ['all', { value: mean, at: Date.parse(hour) }]),
    seasonalBaseline({ minCount: 4 }),
    { uid: 'hours', numPartitions: 1 },
  )
  const odd = scored
    .filter(([, { score }]) => Math.abs(score) > ODD)
    .map(([, { at, value, expected, score }]) => ({
      hour: new Date(at).toISOString().slice(0, 13).replace('T', ' '),
      meanDelay: Math.round(value * 10) / 10,
      usual: expected === null ? null : Math.round(expected * 10) / 10,
      score: Math.round(score * 10) / 10,
    }))
  odd.print(24)
  odd.saveAsJsonFiles('odd')
})
