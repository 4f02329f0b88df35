import assert from 'node:assert/strict'
import { DynamoLog } from '../../lib/aws/dynamo-log.ts'
import { DynamoProgress } from '../../lib/aws/dynamo-progress.ts'
import { S3Objects } from '../../lib/aws/s3-objects.ts'
import { SqsMessages } from '../../lib/aws/sqs-messages.ts'
import { DEFAULT_MEMORY_MB } from '../../lib/cdk/limits.ts'
import { parseMessage } from '../../lib/lambda/message-json.ts'
import { AwsWire } from '../aws-wire.ts'
import type { Bill } from '../wire.ts'
import { AwsWorld, START_MS, type Billed } from '../aws-world.ts'
import { PUBLISHED } from '../delays.ts'
import { median } from '../measure.ts'
import { vcpuShare } from './vcpu-share.ts'
import { INTERVAL_S, record, wordCount } from './word-count.ts'

/** Lambda's pollers of a quiet queue: five, each waiting 20 s for an answer. */
const EMPTY_RECEIVES_PER_SECOND = 5 / 20
const WARM_UP_MS = 20_000
const BUCKET = 'bucket'
const QUEUE = 'https://sqs.us-east-1.amazonaws.com/111122223333'

export interface Load {
  readonly perSecond: number
  readonly shards: number
  /** Distinct words, which come in turn. */
  readonly keys: number
  /** Of a record. @default 1 */
  readonly words?: number
  /** @default 1 */
  readonly partitions?: number
  /** @default that of the interval */
  readonly windowSeconds?: number
  /** @default the engine's */
  readonly spillBytes?: number
  /** What of a vCPU an invocation takes. */
  readonly cpuMs: Readonly<Record<'receive' | 'run', number>>
  /** Of both functions. @default the construct's */
  readonly memoryMb?: number
  readonly forMs: number
}

/** What was sent and billed while a load ran. */
export interface Measured extends Bill {
  readonly records: number
  readonly sqsRequests: number
  readonly invocations: number
  /** Of both functions, ms. */
  readonly lambdaMs: number
  readonly receive: Billed
  readonly run: Billed
  /** From a batch's time until its `_SUCCESS` can be read: the median. */
  readonly resultMs: number
  /** What an item of a receiver log, and of a task log, takes on the average. */
  readonly receiverBytes: number
  readonly taskBytes: number
}

/** Runs word count in the simulated AWS and returns what the adapters sent to it. Throws when a word was counted twice, or not at all. */
export async function measureLoad(load: Load): Promise<Measured> {
  const { perSecond, keys, words = 1, partitions = 1, windowSeconds, spillBytes, cpuMs, memoryMb = DEFAULT_MEMORY_MB } = load
  const share = vcpuShare(memoryMb)
  const wire = new AwsWire()
  const to = { client: wire.dynamo, table: 'logs', app: 'word-count' }
  let counted = 0
  const resultMs: number[] = []
  const world = new AwsWorld({
    job: wordCount(partitions),
    seed: 1,
    shards: load.shards,
    delays: PUBLISHED,
    ...(windowSeconds === undefined ? {} : { batchingWindowMs: windowSeconds * 1_000 }),
    computeMs: { receive: cpuMs.receive / share, run: cpuMs.run / share },
    ...(spillBytes === undefined ? {} : { settings: { spillBytes } }),
    stores: {
      log: new DynamoLog(to),
      progress: new DynamoProgress(to),
      objects: new S3Objects(wire.s3, BUCKET),
      messages: new SqsMessages(wire.sqs, { ticks: `${QUEUE}/ticks`, tasks: partitions > 1 ? `${QUEUE}/tasks` : undefined }),
      look: (key) => wire.object(BUCKET, key),
    },
    onObject: (key, bytes, atMs) => {
      const [, time, name] = /^counts-(\d+)\/(.*)$/.exec(key) ?? []
      if (name === '_SUCCESS') resultMs.push(atMs - Number(time))
      else if (name !== undefined) for (const line of Buffer.from(bytes).toString().trimEnd().split('\n')) counted += (JSON.parse(line) as [string, number])[1]
    },
  })
  wire.onMessage = (body, delaySeconds) => world.send(parseMessage(body), delaySeconds)
  let produced = 0
  const produce = (): void => {
    for (let i = 0; i < perSecond / 20; i++, produced++) world.put(record(produced, { words, keys }), `p${produced}`)
    world.time.after(50, produce)
  }
  world.time.after(1, produce)
  const queues = partitions > 1 ? 2 : 1
  const read = () => {
    const { receive, run } = world.billed
    const elapsed = (world.time.now() - START_MS) / 1_000
    return {
      ...wire.bill,
      records: produced,
      sqsRequests: wire.bill.sqsSends + 2 * world.queueReceives + queues * EMPTY_RECEIVES_PER_SECOND * elapsed,
      invocations: receive.invocations + run.invocations,
      lambdaMs: receive.ms + run.ms,
    }
  }
  await world.runTo(START_MS + WARM_UP_MS)
  const before = read()
  const billed = { receive: { ...world.billed.receive }, run: { ...world.billed.run } }
  resultMs.splice(0)
  await world.runTo(START_MS + WARM_UP_MS + load.forMs)
  const after = read()
  // All that the batches counted has been produced, and what is missing is of the last seconds.
  const expected = produced * words
  assert.ok(counted <= expected && counted > expected - 3 * INTERVAL_S * perSecond * words, `${counted} of ${expected} words were counted`)
  const meanBytes = (log: string): number => {
    const sizes = [...wire.entryBytes()].filter(([name]) => name.startsWith(`word-count#${log}/`)).flatMap(([, all]) => all)
    return sizes.reduce((sum, size) => sum + size, 0) / sizes.length
  }
  return {
    ...grown(before, after),
    receive: grown(billed.receive, world.billed.receive),
    run: grown(billed.run, world.billed.run),
    resultMs: median(resultMs),
    receiverBytes: meanBytes('rec'),
    taskBytes: meanBytes('task'),
  }
}

function grown<T extends object>(before: T, after: T): T {
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, Number(value) - Number(before[name as keyof T])])) as T
}
