// The airports that matter most by PageRank of the last seven days' routes, with 20,000 real flights of 2001. One day of flights passes in a second of stream time.
import { defineJob, json, seconds } from 'millrace'
import { graphOf } from 'millrace/graph'

interface Flight {
  readonly origin: string
  readonly destination: string
}

const DAY = seconds(1)
const WEEK = DAY.times(7)
const SHOWN = 10

export default defineJob({ name: 'routes-graph', batchInterval: DAY }, (ssc) => {
  const routes = ssc
    .kinesisStream('flights', json())
    .map((flight) => flight as Flight)
    .map(({ origin, destination }) => [origin, destination] as const)

  const ranks = graphOf(routes.window(WEEK, DAY, { uid: 'week' }), (graph) =>
    [...graph.pageRank(0.0001).vertices]
      .sort(([, a], [, b]) => b - a)
      .slice(0, SHOWN)
      .map(([airport, rank]) => ({ airport, rank: Math.round(rank * 1000) / 1000 })),
  )
  ranks.print(SHOWN)
  ranks.saveAsJsonFiles('ranks')
})
