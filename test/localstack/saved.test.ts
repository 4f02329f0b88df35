// A deployed job with sinks: its functions start with their clients, and what they write is there once, in a view, in two tables of a real PostgreSQL and in a queue.
import { execFileSync } from 'node:child_process'
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { aws_kinesis as kinesis } from 'aws-cdk-lib'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { imageOf } from '../../lib/decode/dynamo-db-change.ts'
import { deployStack, type DeployedStack } from './deploy-stack.ts'
import { drain } from './drain.ts'
import type { SentCommand } from './record-commands.ts'
import { isAllowed, needsOf, policyOf } from './rights.ts'

const PORT = 15_433
const DATABASE_URL = `postgres://millrace:millrace@127.0.0.1:${PORT}/postgres`
const TableName = 'millrace-saved-counts'
const server = (script: 'start' | 'stop'): void =>
  void execFileSync(`localstack/postgres/${script}.sh`, { env: { ...process.env, POSTGRES_PORT: String(PORT) }, stdio: 'ignore' })

const dynamo = new DynamoDBClient({})
const queues = new SQSClient({})
let QueueUrl = ''
let stack: DeployedStack<'Saved'>

beforeAll(async () => {
  server('start')
  await dynamo.send(new DeleteTableCommand({ TableName })).catch(() => {})
  await dynamo.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
    }),
  )
  QueueUrl = (await queues.send(new CreateQueueCommand({ QueueName: 'millrace-saved-lines.fifo', Attributes: { FifoQueue: 'true' } }))).QueueUrl ?? ''
  stack = await deployStack('Saved', (scope) => ({
    Saved: {
      entry: 'test/localstack/jobs/saved.ts',
      wrap: 'test/localstack/record-commands.ts',
      environment: { DATABASE_URL },
      streams: { lines: new kinesis.Stream(scope, 'Lines', { shardCount: 2 }) },
    },
  }))
})
afterAll(async () => {
  await stack?.destroy()
  await queues.send(new DeleteQueueCommand({ QueueUrl }))
  await dynamo.send(new DeleteTableCommand({ TableName }))
  server('stop')
})

test('what a deployed job saves is there once, and by rights that it was granted for that', async () => {
  const job = stack.jobs.Saved
  const lines = Array.from({ length: 600 }, (_, i) => `word ${(i * 7) % 40}`)
  // In three parts, so that there are several batches.
  for (let i = 0; i < lines.length; i += 200) {
    await job.put(
      'lines',
      lines.slice(i, i + 200).map((data, j) => ({ key: String(j), data })),
    )
    await job.settled(i + 200)
  }
  const counts = new Map<string, number>()
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1)

  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName, ConsistentRead: true }))
  expect(new Map(Items.map((item) => imageOf(item as never)).map(({ key, value }) => [key, value]))).toEqual(counts)

  const client = new pg.Client({ connectionString: DATABASE_URL })
  await client.connect()
  const { rows } = await client.query<{ readonly key: string; readonly value: string }>('select key, value from counts')
  expect(new Map(rows.map(({ key, value }) => [key, Number(value)]))).toEqual(counts)
  // Each batch appended its own counts: their sums are the totals only if no batch is there twice.
  const { rows: history } = await client.query<{ readonly key: string; readonly sum: string }>('select key, sum(value) as sum from history group by key')
  expect(new Map(history.map(({ key, sum }) => [key, Number(sum)]))).toEqual(counts)
  await client.end()

  // The queue drops what comes again within five minutes.
  const messages = (await drain(queues, QueueUrl, lines.length)).map(({ Body }) => (JSON.parse(Body ?? '[]') as readonly string[])[0])
  expect(messages.sort()).toEqual([...lines].sort())

  const policy = await policyOf(job.run.name)
  const sent = (await job.logLines(job.run.name)).filter((line) => line.startsWith('{"event":"sent"')).map((line) => JSON.parse(line) as SentCommand)
  const updates = sent.filter(({ command, names }) => command === 'UpdateItemCommand' && names['table'] === TableName).flatMap(needsOf)
  expect(updates.length).toBeGreaterThan(30)
  expect(updates.filter((need) => !policy.some((statement) => isAllowed(statement, need)))).toEqual([])
  expect(
    policy.some(({ actions, resources }) => actions.includes('sqs:GetQueueUrl') && resources.some((arn) => arn.endsWith(':millrace-saved-lines.fifo'))),
  ).toBe(true)
  const receive = await policyOf(job.receive.name)
  expect(receive.some((statement) => updates.some((need) => isAllowed(statement, need)))).toBe(false)
})
