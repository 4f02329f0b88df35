// The life of a job: deployed, changed while records arrive, put back, destroyed, and taken up again by another stack.
import { CloudWatchLogsClient, paginateDescribeLogGroups } from '@aws-sdk/client-cloudwatch-logs'
import { DeleteTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { DeleteStreamCommand, ListStreamsCommand } from '@aws-sdk/client-kinesis'
import { LambdaClient, ListEventSourceMappingsCommand, paginateListFunctions } from '@aws-sdk/client-lambda'
import { DeleteBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { RemovalPolicy, aws_dynamodb as dynamodb, aws_kinesis as kinesis, aws_s3 as s3 } from 'aws-cdk-lib'
import { afterAll, expect, test } from 'vitest'
import { runCli } from '../embedded/cli.ts'
import { checkBatches } from './check-batches.ts'
import { deployStack, type DeployedStack } from './deploy-stack.ts'
import { eventually } from './eventually.ts'
import { foldAccounts, ofState } from './faults-folds.ts'
import { kinesis as client, type NewRecord } from './kinesis.ts'
import type { LocalJob } from './local-job.ts'
import { recordsIn } from './log-reader.ts'

const PHASE = 60
const FIRST = 'test/localstack/jobs/changing-1.ts'
const SECOND = 'test/localstack/jobs/changing-2.ts'
const KEPT = { removalPolicy: RemovalPolicy.RETAIN, runTimeoutSeconds: 6 }

let stack: DeployedStack<'Changing'>
/** Records that were put so far. */
let put = 0
/** What was put while a version was at rest: by version, then by account. */
const amounts: Record<'largest' | 'smallest', Map<string, number[]>> = { largest: new Map(), smallest: new Map() }

afterAll(async () => {
  await stack.jobs.Changing.report()
  const { table, bucket, streams } = stack.jobs.Changing.receive.environment
  await stack.destroy()
  // What was retained is nobody's now.
  await dynamo.send(new DeleteTableCommand({ TableName: table }))
  await buckets.send(new DeleteBucketCommand({ Bucket: bucket }))
  for (const StreamARN of Object.values(streams)) await client.send(new DeleteStreamCommand({ StreamARN }))
})

test('a changed program keeps the state of the operators that it kept, also of records that arrive while it is deployed', async () => {
  stack = await deployStack('Deploys', () => ({ Changing: { ...KEPT, entry: FIRST } }))
  await phase('largest')
  await checkTotals()

  let arrived = false
  const arriving = (async () => {
    const { Changing } = stack.jobs
    for (; !arrived; await pause(500)) await Changing.put('changes', changesOf(10, 'restless'))
  })()
  try {
    stack = await stack.redeploy(() => ({ Changing: { ...KEPT, entry: SECOND } }))
    const { Changing } = stack.jobs
    // LocalStack ends functions that are at work when it deploys: a batch may have to be taken up again.
    await eventually('a batch of the second version', async () =>
      (await Changing.logs()).batches.find(({ deploy }) => deploy === Changing.receive.environment.deploy),
    )
  } finally {
    arrived = true
    await arriving
  }
  await phase('smallest')
  await checkTotals()
  await checkExtremes('smallest', Math.min)
})

test('after CloudFormation has put the older number back the job stands still, and millrace rollback lets it go on', async () => {
  const before = await stack.jobs.Changing.logs()
  const deployNumber = before.batches[0]?.deploy ?? NaN
  stack = await stack.redeploy(() => ({ Changing: { ...KEPT, entry: FIRST, deployNumber } }))
  const job = stack.jobs.Changing
  expect(job.receive.environment.deploy).toBe(deployNumber)
  await record(job, 'largest')
  await eventually('the restored code meets the higher number', async () =>
    (await job.logLines(job.receive.name)).some((line) => line.includes(`this is deploy ${deployNumber}: it stops`)) ? true : undefined,
  )
  const still = await job.logs()
  expect([still.batches.length, recordsIn(still)]).toEqual([before.batches.length, recordsIn(before)])

  const { code, stdout, stderr } = await runCli(['rollback', 'changing', '--local'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain(`its number was ${deployNumber}`)
  await job.settled(put)
  await checkTotals()
  await checkExtremes('largest', Math.max)
})

test('cdk destroy leaves the table, the bucket and the stream, and another stack goes on with them', async () => {
  const { table, bucket, streams } = stack.jobs.Changing.receive.environment
  const { changes: streamArn = '' } = streams
  const there = await thingsOf(stack.name)
  expect(there).toMatchObject({ functions: { length: 2 }, queues: { length: 2 }, mappings: { length: 2 } })
  await stack.destroy({ keepObjects: true })
  // LocalStack takes its time with mappings.
  await eventually('its event source mappings are gone', async () => ((await thingsOf(stack.name)).mappings?.length === 0 ? true : undefined))
  expect(await thingsOf(stack.name)).toEqual({
    functions: [],
    mappings: [],
    queues: [],
    logGroups: [],
    tables: [table],
    buckets: [bucket],
    streams: [streamArn.split('/')[1]],
  })

  stack = await deployStack('TakenUp', (scope) => ({
    Changing: {
      entry: FIRST,
      takeOver: true,
      table: dynamodb.Table.fromTableName(scope, 'Table', table),
      bucket: s3.Bucket.fromBucketName(scope, 'Bucket', bucket),
      streams: { changes: kinesis.Stream.fromStreamArn(scope, 'Stream', streamArn) },
    },
  }))
  const earlier = put
  await phase('largest')
  await checkTotals()
  await checkExtremes('largest', Math.max)
  // The new event source mapping has begun at the beginning of the stream.
  expect((await stack.jobs.Changing.counts()).duplicates).toBeGreaterThanOrEqual(earlier)
})

/** Puts records, and waits until they are counted. */
async function phase(version: keyof typeof amounts): Promise<void> {
  await record(stack.jobs.Changing, version)
  await stack.jobs.Changing.settled(put)
}

/** Puts records of which the extremes are known: they are all for the version that is deployed. */
async function record(job: LocalJob, version: keyof typeof amounts): Promise<void> {
  const records = changesOf(PHASE, 'account')
  for (const { data } of records) {
    const { account, amount } = JSON.parse(data) as { account: string; amount: number }
    amounts[version].set(account, [...(amounts[version].get(account) ?? []), amount])
  }
  await job.put('changes', records)
}

function changesOf(count: number, prefix: string): readonly (NewRecord & { readonly data: string })[] {
  return Array.from({ length: count }, () => {
    const i = put++
    return { key: String(i), data: JSON.stringify({ account: `${prefix}-${i % 5}`, amount: ((i * 37) % 101) - 50 }) }
  })
}

async function checkTotals(): Promise<void> {
  const job = stack.jobs.Changing
  await checkBatches(job, await job.settled(put), (batches) => foldAccounts(batches), { prefixes: ['totals'], states: { totals: ofState } })
}

/** `restless` accounts are left out: which version took their records in is for the deploy to say. */
async function checkExtremes(version: keyof typeof amounts, choose: (...numbers: number[]) => number): Promise<void> {
  const rows = [...(await stack.jobs.Changing.states(version)).values()].at(-1) ?? []
  const kept = rows.filter(([key]) => !key.startsWith('"restless')).map(([key, value]) => [JSON.parse(key) as string, ofState(value)] as const)
  expect(new Map(kept)).toEqual(new Map([...amounts[version]].map(([account, all]) => [account, choose(...all)])))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

const dynamo = new DynamoDBClient({})
const lambda = new LambdaClient({})
const buckets = new S3Client({})
const queues = new SQSClient({})
const logs = new CloudWatchLogsClient({})

/** What of a stack's there is, of the kinds that cost or keep something. Rules, alarms and roles are the template's test's (test/cdk). */
async function thingsOf(name: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const of = (names: readonly (string | undefined)[] = []): readonly string[] =>
    names.filter((one) => one !== undefined).filter((one) => one.toLowerCase().includes(name.toLowerCase()))
  const functions: (string | undefined)[] = []
  for await (const { Functions = [] } of paginateListFunctions({ client: lambda }, {})) functions.push(...Functions.map(({ FunctionName }) => FunctionName))
  const groups: (string | undefined)[] = []
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client: logs }, {})) groups.push(...logGroups.map(({ logGroupName }) => logGroupName))
  return {
    functions: of(functions),
    mappings: of((await lambda.send(new ListEventSourceMappingsCommand({}))).EventSourceMappings?.map(({ FunctionArn }) => FunctionArn)),
    queues: of((await queues.send(new ListQueuesCommand({}))).QueueUrls),
    // LocalStack writes into groups of the functions' names, whatever the template says; those are not the stack's.
    logGroups: of(groups.filter((group) => group?.startsWith('/aws/lambda/') === false)),
    tables: of((await dynamo.send(new ListTablesCommand({}))).TableNames),
    buckets: of((await buckets.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)),
    streams: of((await client.send(new ListStreamsCommand({}))).StreamNames),
  }
}
