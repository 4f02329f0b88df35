import { readFileSync } from 'node:fs'
import { runBatches } from 'millrace/testing'
import { expect, it } from 'vitest'
import anomalies from '../../functions/anomalies.ts'

interface Flight {
  readonly date: string
  readonly delay: number
}

/** The same in plain words: the hours of a day, each against those of the same hour of the week before it. */
function oddHours(days: readonly (readonly Flight[])[]): readonly (readonly { hour: string; meanDelay: number; usual: number; score: number }[])[] {
  const past = new Map<string, number[]>()
  return days.map((flights) => {
    const hours = Map.groupBy(flights, ({ date }) => date.slice(0, 13))
    return [...hours].flatMap(([hour, of]) => {
      if (of.length < 5) return []
      const mean = of.reduce((sum, { delay }) => sum + delay, 0) / of.length
      const at = new Date(`${hour.replaceAll('/', '-').replace(' ', 'T')}:00Z`)
      const slot = `${at.getUTCDay()} ${at.getUTCHours()}`
      const before = past.get(slot) ?? []
      past.set(slot, [...before, mean])
      if (before.length < 4) return []
      const usual = before.reduce((sum, x) => sum + x, 0) / before.length
      const score = (mean - usual) / Math.sqrt(before.reduce((sum, x) => sum + (x - usual) ** 2, 0) / (before.length - 1))
      return Math.abs(score) > 4 ? [{ hour: hour.replaceAll('/', '-'), meanDelay: mean, usual, score }] : []
    })
  })
}

it('anomalies finds the odd hours of the flights', async () => {
  const flights = JSON.parse(readFileSync('node_modules/vega-datasets/data/flights-20k.json', 'utf8')) as readonly Flight[]
  const days = [...Map.groupBy(flights, ({ date }) => date.slice(0, 10)).values()]
  const found = (await runBatches(anomalies, { flights: days })).json('odd').flatMap(({ rows }) => rows) as readonly {
    hour: string
    meanDelay: number
    usual: number
    score: number
  }[]
  const expected = oddHours(days)
    .flat()
    .sort((a, b) => (a.hour < b.hour ? -1 : 1))
  expect([...found].sort((a, b) => (a.hour < b.hour ? -1 : 1)).map(({ hour }) => hour)).toEqual(expected.map(({ hour }) => hour))
  expect(expected).toHaveLength(34)
  expected.forEach(({ hour, meanDelay, usual, score }) => {
    const one = found.find((row) => row.hour === hour)!
    for (const [a, b] of [
      [one.meanDelay, meanDelay],
      [one.usual, usual],
      [one.score, score],
    ] as const)
      expect(Math.abs(a - b)).toBeLessThan(0.0501)
  })
})
