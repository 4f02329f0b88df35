// npm run bench:latency:local: from a put to the object that shows it, through a stack on LocalStack, on the machine's own clock.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { S3Client } from '@aws-sdk/client-s3'
import { App, CfnOutput, RemovalPolicy, Stack, aws_kinesis as kinesis } from 'aws-cdk-lib'
import { Producer } from 'millrace/aws'
import { StreamingJob } from 'millrace/cdk'
import { S3Objects } from '../lib/aws/s3-objects.ts'
import { bootstrap, cdk, deploy } from '../localstack/cdk.ts'
import lines from './functions/lines.ts'
import { quantile } from './quantile.ts'
import { random } from './random.ts'
import { table } from './table.ts'

const INTERVAL_MS = lines.batchInterval.milliseconds
/** How often the bucket is looked at: the error of a figure. */
const LOOK_MS = 100

interface Load {
  readonly name: string
  readonly perSecond: number
  readonly forMs: number
  readonly key: (i: number) => string
}

const LOADS: readonly Load[] = [
  { name: 'busy: 2 shards, 50 events/s', perSecond: 50, forMs: 60_000, key: (i) => `key-${i}` },
  { name: 'sparse: one event in 8 s', perSecond: 1 / 8, forMs: 160_000, key: () => 'key' },
  { name: 'one of 2 shards idle, 5 events/s', perSecond: 5, forMs: 60_000, key: () => 'key' },
]

/** Deploys the job, hands it to `use`, and destroys it. */
async function deployed(use: (stream: string, bucket: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-latency-'))
  const app = new App({ outdir: folder, analyticsReporting: false })
  const stack = new Stack(app, `Latency${(Date.now() % 1e8).toString(36)}`)
  const stream = new kinesis.Stream(stack, 'Stream', { shardCount: 2, removalPolicy: RemovalPolicy.DESTROY })
  const job = new StreamingJob(stack, 'Lines', { entry: 'bench/functions/lines.ts', streams: { lines: stream }, removalPolicy: RemovalPolicy.DESTROY })
  const [streamOutput, bucketOutput] = [
    new CfnOutput(stack, 'BenchStream', { value: stream.streamName }),
    new CfnOutput(stack, 'BenchBucket', { value: job.bucket.bucketName }),
  ]
  app.synth()
  try {
    await bootstrap()
    const outputs = (await deploy(['--app', folder]))[stack.stackName] ?? {}
    const bucket = outputs[bucketOutput.node.id] ?? ''
    try {
      await use(outputs[streamOutput.node.id] ?? '', bucket)
    } finally {
      const objects = new S3Objects(new S3Client({}), bucket)
      await objects.delete((await objects.list('')).map(({ key }) => key))
      await cdk(['destroy', '--app', folder, '--all', '--force'])
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Puts events at random times while it looks for them in the bucket; returns how long each took, ascending. */
async function latencies(
  load: Load,
  { stream, bucket, seed }: { readonly stream: string; readonly bucket: string; readonly seed: number },
): Promise<readonly number[]> {
  const producer = new Producer({ stream })
  const objects = new S3Objects(new S3Client({}), bucket)
  const next = random(seed)
  const putAt = new Map<string, number>()
  const seenAt = new Map<string, number>()
  const puts: Promise<void>[] = []
  const known = new Set((await objects.list('lines-')).map(({ key }) => key))
  const look = async (): Promise<void> => {
    const listed = await objects.list('lines-')
    const now = Date.now()
    for (const { key } of listed) {
      if (known.has(key) || !key.includes('/part-')) continue
      known.add(key)
      for (const line of Buffer.from((await objects.get(key)) ?? [])
        .toString()
        .trimEnd()
        .split('\n')) {
        if (seenAt.has(line)) throw new Error(`${line} stands in two objects`)
        seenAt.set(line, now)
      }
    }
  }
  const until = Date.now() + load.forMs
  let putNextAt = Date.now()
  while (Date.now() < until || seenAt.size < putAt.size) {
    if (Date.now() > until + 120_000) throw new Error(`${putAt.size - seenAt.size} of ${putAt.size} events did not show within two minutes`)
    const due: { data: string; partitionKey: string }[] = []
    for (const now = Date.now(); putNextAt <= now && now < until; putNextAt += -Math.log(1 - next()) * (1_000 / load.perSecond)) {
      const data = `${load.name} ${putAt.size}`
      due.push({ data, partitionKey: load.key(putAt.size) })
      putAt.set(data, putNextAt)
    }
    if (due.length > 0) puts.push(producer.put(due))
    await look()
    await sleep(LOOK_MS)
  }
  await Promise.all(puts)
  return [...putAt].map(([line, at]) => (seenAt.get(line) ?? Number.NaN) - at).sort((a, b) => a - b)
}

await deployed(async (stream, bucket) => {
  // What is started for the first time, and a shard that is seen for the first time, takes longer.
  await latencies({ name: 'warm-up', perSecond: 5, forMs: 4 * INTERVAL_MS, key: (i) => `key-${i}` }, { stream, bucket, seed: 0 })
  const rows: string[][] = []
  for (const [i, load] of LOADS.entries()) {
    const all = await latencies(load, { stream, bucket, seed: i + 1 })
    const [p50, p99] = [quantile(all, 0.5), quantile(all, 0.99)]
    rows.push([
      load.name,
      String(all.length),
      `${(p50 / 1_000).toFixed(1)} s`,
      `${(p99 / 1_000).toFixed(1)} s`,
      `${(p50 / INTERVAL_MS).toFixed(2)} I`,
      `${(p99 / INTERVAL_MS).toFixed(2)} I`,
      `+${((p99 - INTERVAL_MS) / 1_000).toFixed(1)} s`,
    ])
  }
  console.log(`Event to visible object on LocalStack, interval ${INTERVAL_MS / 1_000} s; looked for every ${LOOK_MS} ms`)
  console.log(table(['', 'events', 'p50', 'p99', 'p50', 'p99', 'p99 over I'], rows))
})
