// npm run bench:cost: what word count costs per million records, counted from the requests that the adapters send.
import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import { defineJob, seconds, text, type Job } from 'millrace'
import { DynamoLog } from '../lib/aws/dynamo-log.ts'
import { DynamoProgress } from '../lib/aws/dynamo-progress.ts'
import { S3Objects } from '../lib/aws/s3-objects.ts'
import { SqsMessages } from '../lib/aws/sqs-messages.ts'
import { parseMessage } from '../lib/lambda/message-json.ts'
import { AwsWire, type Bill } from './aws-wire.ts'
import { AwsWorld, START_MS } from './aws-world.ts'
import { PUBLISHED } from './delays.ts'
import { MANAGED_FLINK_PER_MONTH, PRICES } from './prices.ts'
import { table } from './table.ts'

const KEYS = 1_000
const RECORD_BYTES = 1_024
const INTERVAL_S = 5
/** The run and receive functions' default (lib/cdk/limits.ts). */
const MEMORY_GB = 1_769 / 1_024
/** A shard takes 1,000 records and 1 MB a second; 70% of it are used. */
const SHARDS: Readonly<Record<number, number>> = { 100: 1, 1_000: 2, 10_000: 15 }
/** Lambda's pollers of a quiet queue: five, each waiting 20 s for an answer. */
const EMPTY_RECEIVES_PER_SECOND = 5 / 20
const WARM_UP_MS = 20_000

const wordCount: Job = defineJob({ name: 'word-count', batchInterval: seconds(INTERVAL_S) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .mapToPair((line) => [line.slice(0, line.indexOf(' ')), 1])
    .reduceByKey((a, b) => a + b)
    .saveAsJsonFiles('counts')
})

interface Measured extends Bill {
  readonly records: number
  readonly seconds: number
  readonly batches: number
  readonly sqsRequests: number
  readonly invocations: number
  readonly gbSeconds: number
}

async function measure(perSecond: number, { windowSeconds, forMs }: { readonly windowSeconds: number | undefined; readonly forMs: number }): Promise<Measured> {
  const wire = new AwsWire()
  const to = { client: wire.dynamo, table: 'logs', app: 'word-count' }
  let counted = 0
  let batches = 0
  const world = new AwsWorld({
    job: wordCount,
    seed: 1,
    shards: SHARDS[perSecond] ?? 1,
    delays: PUBLISHED,
    ...(windowSeconds === undefined ? {} : { batchingWindowMs: windowSeconds * 1_000 }),
    stores: {
      log: new DynamoLog(to),
      progress: new DynamoProgress(to),
      objects: new S3Objects(wire.s3, 'bucket'),
      messages: new SqsMessages(wire.sqs, { ticks: 'https://sqs.us-east-1.amazonaws.com/111122223333/ticks', tasks: undefined }),
    },
    onObject: (key, bytes) => {
      if (key.endsWith('_SUCCESS')) batches++
      else for (const line of Buffer.from(bytes).toString().trimEnd().split('\n')) counted += (JSON.parse(line) as [string, number])[1]
    },
  })
  wire.onMessage = (body, delaySeconds) => world.send(parseMessage(body), delaySeconds)
  const filler = 'x'.repeat(RECORD_BYTES - 8)
  let produced = 0
  const produce = (): void => {
    for (let i = 0; i < perSecond / 20; i++, produced++) world.put(`k${String(produced % KEYS).padStart(4, '0')} ${filler}`, `p${produced}`)
    world.time.after(50, produce)
  }
  world.time.after(1, produce)
  await world.runTo(START_MS + WARM_UP_MS)
  const read = (): Measured => {
    const { receive, run } = world.billed
    const invocations = receive.invocations + run.invocations
    const elapsed = (world.time.now() - START_MS) / 1_000
    return {
      ...wire.bill,
      records: produced,
      seconds: elapsed,
      batches,
      sqsRequests: wire.bill.sqsSends + 2 * world.tickReceives + EMPTY_RECEIVES_PER_SECOND * elapsed,
      invocations,
      gbSeconds: ((receive.ms + run.ms) / 1_000) * MEMORY_GB,
    }
  }
  const before = read()
  await world.runTo(START_MS + WARM_UP_MS + forMs)
  const after = read()
  // All that the batches counted has been produced, and what is missing is of the last seconds.
  assert.ok(counted <= produced && counted > produced - 3 * INTERVAL_S * perSecond, `${counted} of ${produced} records were counted`)
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, Number(value) - before[name as keyof Measured]])) as unknown as Measured
}

interface Cost {
  readonly dynamoWrites: number
  readonly dynamoReads: number
  readonly s3: number
  readonly sqs: number
  readonly lambda: number
}

/** Returns USD per million records. */
function costOf(m: Measured): Cost {
  const per = (units: number, price: number): number => (units * price * 1e6) / m.records
  return {
    dynamoWrites: per(m.writeUnits, PRICES.dynamoWriteUnit),
    dynamoReads: per(m.readUnits, PRICES.dynamoReadUnit),
    s3: per(m.s3Puts, PRICES.s3Put) + per(m.s3Gets, PRICES.s3Get),
    sqs: per(m.sqsRequests, PRICES.sqsRequest),
    lambda: per(m.invocations, PRICES.lambdaRequest) + per(m.gbSeconds, PRICES.lambdaGbSecond),
  }
}

const sum = (cost: Cost): number => Object.values(cost).reduce((a: number, b: number) => a + b, 0)

const { values } = parseArgs({ options: { windows: { type: 'boolean', default: false } } })
const counts: string[][] = []
const money: string[][] = []
const loads: readonly (readonly [number, number | undefined])[] = values.windows
  ? ([1, 2, 3, 5] as const).map((w) => [1_000, w] as const)
  : [
      [100, undefined],
      [1_000, undefined],
      [10_000, undefined],
    ]
for (const [perSecond, windowSeconds] of loads) {
  const m = await measure(perSecond, { windowSeconds, forMs: perSecond > 1_000 ? 30_000 : 120_000 })
  const cost = costOf(m)
  const million = (n: number): string => Math.round((n * 1e6) / m.records).toLocaleString('en-US')
  const name = `${perSecond.toLocaleString('en-US')} events/s${windowSeconds === undefined ? '' : `, window ${windowSeconds} s`}`
  counts.push([name, ...[m.writeUnits, m.readUnits, m.dynamoRequests, m.failedPuts, m.s3Puts, m.sqsRequests, m.invocations, m.gbSeconds].map(million)])
  const usd = (n: number): string => n.toFixed(4)
  money.push([
    name,
    ...Object.values(cost).map((n) => usd(n as number)),
    usd(sum(cost)),
    `$${((sum(cost) * perSecond * 86_400 * 365) / 12 / 1e6).toFixed(0)}`,
    `$${MANAGED_FLINK_PER_MONTH.toFixed(0)}`,
  ])
}
console.log(`Word count, records of 1 KB, ${KEYS} keys a batch, ${INTERVAL_S} s interval, invocations taken at random to 8 processes; per million records`)
console.log(table(['', 'write units', 'read units', 'DynamoDB requests', 'failed puts', 'S3 puts', 'SQS requests', 'invocations', 'GB-s'], counts))
console.log('\nUSD per million records (bench/prices.ts); Kinesis itself not included')
console.log(table(['', 'writes', 'reads', 'S3', 'SQS', 'Lambda', 'in all', 'a month', 'Managed Flink'], money))
