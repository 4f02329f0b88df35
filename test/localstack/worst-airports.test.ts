import { readFileSync } from 'node:fs'
import { aws_kinesis as kinesis } from 'aws-cdk-lib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkBatches } from './check-batches.ts'
import { deployStack, type DeployedStack } from './deploy-stack.ts'
import { foldWorstAirports } from './folds.ts'

const FLIGHTS = 5_000
const DATA = 'node_modules/vega-datasets/data'

let stack: DeployedStack<'WorstAirports'>

beforeAll(async () => {
  stack = await deployStack('WorstAirports', (scope) => ({
    WorstAirports: { entry: 'functions/worst-airports.ts', streams: { flights: new kinesis.Stream(scope, 'Flights', { shardCount: 3 }) } },
  }))
})
afterAll(async () => {
  await stack.jobs.WorstAirports.report()
  await stack.destroy()
})

test('5,000 flights on 3 shards give the objects and states that a plain fold gives, batch by batch', async () => {
  const job = stack.jobs.WorstAirports
  const flights = (JSON.parse(readFileSync(`${DATA}/flights-20k.json`, 'utf8')) as { readonly origin: string }[]).slice(0, FLIGHTS)
  await job.put(
    'flights',
    flights.map((flight) => ({ key: flight.origin, data: JSON.stringify(flight) })),
  )
  const logs = await job.settled(FLIGHTS)
  const expected = await checkBatches(job, logs, (batches) => foldWorstAirports(batches, airports()), {
    prefixes: ['worst', 'routes', 'late'],
    states: { week: (sum) => sum, routes: (value) => (value as readonly unknown[])[0] },
  })
  expect(logs.receivers.size).toBe(3)
  expect(expected.length).toBeGreaterThan(3)
  expect(expected.at(-1)?.state).toMatchObject({ week: new Map() })
})

/** Code to name; no name in the file has a comma outside quotes. */
function airports(): ReadonlyMap<string, string> {
  const rows = readFileSync(`${DATA}/airports.csv`, 'utf8').split('\n').slice(1)
  return new Map(
    rows.flatMap((row) =>
      row === ''
        ? []
        : [
            [
              row.slice(0, 3),
              row.slice(4).replace(/^(?:"((?:[^"]|"")*)"|([^,]*)),.*$/, (_, quoted?: string, plain?: string) => quoted?.replaceAll('""', '"') ?? plain ?? ''),
            ] as const,
          ],
    ),
  )
}
