import { expect, it } from 'vitest'
import { batchMetrics } from '../../lib/aws/batch-metrics.ts'
import { logLine } from '../../lib/aws/log-line.ts'
import { runBatches } from 'millrace/testing'
import { defineJob, seconds, text } from 'millrace'

it('says of a finished batch what the page says of it', async () => {
  const job = defineJob({ name: 'metrics', batchInterval: seconds(1) }, (ssc) => ssc.kinesisStream('lines', text()).saveAsTextFiles('copy'))
  const run = await runBatches(job, { lines: [['a', 'b', 'c'], ['d']] })
  const events = run.events.filter(({ event }) => event === 'batch')
  const lines = events.map((event) => JSON.parse(logLine('metrics', event, 5, batchMetrics)) as Record<string, unknown>)
  expect(lines.map((line) => [line['BatchRecords'], line['OutputRows']])).toEqual([
    [3, 3],
    [1, 1],
  ])
  for (const line of lines) {
    expect(line['Job']).toBe('metrics')
    expect(Number(line['SchedulingDelay'])).toBeGreaterThanOrEqual(0)
    const { CloudWatchMetrics } = line['_aws'] as { readonly CloudWatchMetrics: readonly { readonly Metrics: readonly { readonly Name: string }[] }[] }
    expect(CloudWatchMetrics[0]!.Metrics.map(({ Name }) => Name)).toEqual(['BatchDelay', 'SchedulingDelay', 'ProcessingTime', 'BatchRecords', 'OutputRows'])
  }
})

it('says nothing more of other events', () => {
  expect(batchMetrics({ event: 'computed' })).toEqual([])
})
