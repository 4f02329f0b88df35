import { DEFAULT_MEMORY_MB } from '../../lib/cdk/limits.ts'
import { MANAGED_FLINK_PER_MONTH } from '../prices.ts'
import { table } from '../table.ts'
import { costOf, gbSeconds } from './cost-of.ts'
import { measureLoad, type Load } from './measure-load.ts'
import { INTERVAL_S } from './word-count.ts'

const KEYS = 1_000
const MONTH_S = (86_400 * 365) / 12
const FOR_MS = 120_000

/** Word count at three loads. A shard takes 1,000 records and 1 MB a second; 70% of it are used. Processor times as npm run bench:cost -- --memory prints them. */
export const LOADS: readonly [slow: Load, usual: Load, fast: Load] = [
  { perSecond: 100, shards: 1, keys: KEYS, forMs: FOR_MS, cpuMs: { receive: 6, run: 20 } },
  { perSecond: 1_000, shards: 2, keys: KEYS, forMs: FOR_MS, cpuMs: { receive: 13, run: 22 } },
  { perSecond: 10_000, shards: 15, keys: KEYS, forMs: 30_000, cpuMs: { receive: 15, run: 47 } },
]
const WINDOWS_S = [1, 2, 3, 5]

/** Prints what each load costs, or what one costs with other batching windows. */
export async function loads({ windows }: { readonly windows: boolean }): Promise<void> {
  const counts: string[][] = []
  const money: string[][] = []
  const all = windows ? WINDOWS_S.map((windowSeconds): Load => ({ ...LOADS[1], windowSeconds })) : LOADS
  for (const load of all) {
    const m = await measureLoad(load)
    const cost = costOf(m, DEFAULT_MEMORY_MB)
    const million = (n: number): string => Math.round((n * 1e6) / m.records).toLocaleString('en-US')
    const name = `${load.perSecond.toLocaleString('en-US')} events/s${load.windowSeconds === undefined ? '' : `, window ${load.windowSeconds} s`}`
    const billed = gbSeconds(m.lambdaMs, DEFAULT_MEMORY_MB)
    counts.push([name, ...[m.writeUnits, m.readUnits, m.dynamoRequests, m.failedPuts, m.s3Puts, m.sqsRequests, m.invocations, billed].map(million)])
    const { writes, reads, s3, sqs, lambda, all: sum } = cost
    money.push([
      name,
      ...[writes, reads, s3, sqs, lambda, sum].map((n) => n.toFixed(4)),
      `$${((sum * load.perSecond * MONTH_S) / 1e6).toFixed(0)}`,
      `$${MANAGED_FLINK_PER_MONTH.toFixed(0)}`,
    ])
  }
  console.log(`Word count, records of 1 KB, ${KEYS} keys a batch, ${INTERVAL_S} s interval, invocations taken at random to 8 processes; per million records`)
  console.log(table(['', 'write units', 'read units', 'DynamoDB requests', 'failed puts', 'S3 puts', 'SQS requests', 'invocations', 'GB-s'], counts))
  console.log('\nUSD per million records (bench/prices.ts); Kinesis itself not included')
  console.log(table(['', 'writes', 'reads', 'S3', 'SQS', 'Lambda', 'in all', 'a month', 'Managed Flink'], money))
}
