// The sinks of AWS, over LocalStack: the contract where others see the rows, and what travels with a message.
import { CreateTableCommand, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import { CreateEventBusCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { CreateStreamCommand, DescribeStreamSummaryCommand, waitUntilStreamExists } from '@aws-sdk/client-kinesis'
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { type DynamoViewOptions, dynamoView, eventBridge, kinesis, sns, sqs } from 'millrace/sinks'
import { openFaultyLink, sinkBatch, type SinkProcess, type SinkRow } from 'millrace/testing'
import type { Sink } from 'millrace'
import { describe, expect, it } from 'vitest'
import { imageOf } from '../../lib/decode/dynamo-db-change.ts'
import { sinkContract } from '../sinks/contract.ts'
import { drain } from './drain.ts'
import { kinesis as kinesisClient, readStream } from './kinesis.ts'

const dynamo = new DynamoDBClient({})
const queues = new SQSClient({})
const ENDPOINT = new URL(process.env['AWS_ENDPOINT_URL'] ?? 'http://127.0.0.1:4566')
const run = Date.now()
let names = 0
const newName = (): string => `sinks-${run}-${++names}`

async function newTable(): Promise<string> {
  const TableName = newName()
  await dynamo.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
    }),
  )
  return TableName
}

async function itemsOf(TableName: string): Promise<readonly Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = []
  for await (const { Items = [] } of paginateScan({ client: dynamo }, { TableName, ConsistentRead: true }))
    items.push(...Items.map((item) => imageOf(item as never)))
  return items
}

sinkContract(
  'dynamoView',
  {
    keeps: 'newest',
    guarantee: 'exactly-once',
    target: async () => {
      const table = await newTable()
      return {
        open: async ({ fault } = {}): Promise<SinkProcess> => {
          const link = await openFaultyLink({ host: ENDPOINT.hostname, port: Number(ENDPOINT.port) }, fault)
          const client = { endpoint: `http://127.0.0.1:${link.port}` }
          const sink = dynamoView({ table, columns: { key: 'text', value: 'integer' }, client })
          return { sink, reached: link.reached, resume: link.resume, close: link.close }
        },
        read: async () => (await itemsOf(table)).map(({ key, value }): SinkRow => [String(key), Number(value)]),
      }
    },
  },
  300_000,
)

describe('a view', () => {
  const write = async (
    options: Omit<DynamoViewOptions<{ key: 'text'; n: 'integer'; note: 'text' }>, 'columns'>,
    rows: readonly unknown[],
    n: number,
  ): Promise<void> => {
    const sink = dynamoView({ ...options, columns: { key: 'text', n: 'integer', note: 'text' } })
    await sink.open?.()
    await sink.write(rows, sinkBatch({ n }))
  }

  it('forgets a key that is deleted, and no late attempt brings it back', async () => {
    const table = await newTable()
    const options = { table, deletes: ([, value]: readonly [key: never, value: never]) => (value as { readonly n: number }).n === 0 }
    const row = (key: string, n: number): unknown => [key, { n, note: `${n}` }]
    await write(options, [row('a', 1), row('b', 1)], 1)
    await write(options, [row('a', 0)], 2)
    await write(options, [row('a', 1), row('b', 1)], 1)
    const [a, b] = [...(await itemsOf(table))].sort((x, y) => (String(x['key']) < String(y['key']) ? -1 : 1))
    expect(Object.keys(a!).sort()).toEqual(['key', 'millrace_expires', 'millrace_run', 'millrace_time'])
    expect(Number(a!['millrace_expires'])).toBeGreaterThan(Date.now() / 1_000 + 86_000)
    expect(b).toMatchObject({ key: 'b', n: 1, note: '1', millrace_time: 1_000 })
    await write(options, [row('a', 5)], 3)
    const again = (await itemsOf(table)).find(({ key }) => key === 'a')
    expect(again).toMatchObject({ n: 5, note: '5' })
    expect(again).not.toHaveProperty('millrace_expires')
  })

  it('says what is missing where there is no table', async () => {
    await expect(write({ table: 'sinks-no-such-table' }, [['a', { n: 1, note: '' }]], 1)).rejects.toThrow(
      /dynamoView 'sinks-no-such-table': DynamoDB says ResourceNotFoundException.*table.grant\(job, 'dynamodb:UpdateItem'\)/,
    )
  })

  it('refuses two rows of a batch with one key', async () => {
    await expect(
      write(
        { table: await newTable() },
        [
          ['a', { n: 1, note: '' }],
          ['a', { n: 2, note: '' }],
        ],
        1,
      ),
    ).rejects.toThrow(/two rows of batch 1000 have the key .*a/)
  })
})

async function newQueue(fifo = false): Promise<{ readonly url: string; readonly arn: string }> {
  const { QueueUrl: url = '' } = await queues.send(
    new CreateQueueCommand({ QueueName: `${newName()}${fifo ? '.fifo' : ''}`, ...(fifo ? { Attributes: { FifoQueue: 'true' } } : {}) }),
  )
  const { Attributes } = await queues.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }))
  return { url, arn: Attributes?.['QueueArn'] ?? '' }
}

const ROWS: readonly SinkRow[] = Array.from({ length: 25 }, (_, i) => [`k${i % 3}`, i])
async function twice(sink: Sink<SinkRow>, rows = ROWS): Promise<void> {
  await sink.open?.()
  for (let attempt = 0; attempt < 2; attempt++) await sink.write(rows, sinkBatch({ n: 1 }))
}
const distinct = (ids: readonly unknown[]): number => new Set(ids).size

describe('messages', () => {
  it('of sqs carry an id that is the same when they are sent again', async () => {
    const { url } = await newQueue()
    await twice(sqs({ queue: url }))
    const found = await drain(queues, url, 50)
    expect(found).toHaveLength(50)
    const byId = new Map(found.map(({ MessageAttributes, Body }) => [MessageAttributes?.['millrace_id']?.StringValue, Body]))
    expect([...byId.values()].sort()).toEqual(ROWS.map((row) => JSON.stringify(row)).sort())
  })

  it('of sqs to a FIFO queue are there once, in the order of their keys', async () => {
    const { url } = await newQueue(true)
    await twice(sqs({ queue: url.split('/').at(-1)! }))
    const rows = (await drain(queues, url, 25)).map(({ Body }) => JSON.parse(Body!) as SinkRow)
    expect(rows).toHaveLength(25)
    for (const key of ['k0', 'k1', 'k2']) expect(rows.filter(([k]) => k === key)).toEqual(ROWS.filter(([k]) => k === key))
  })

  it('of sns reach who has subscribed, with their ids', async () => {
    const { url, arn } = await newQueue()
    const client = new SNSClient({})
    const { TopicArn = '' } = await client.send(new CreateTopicCommand({ Name: newName() }))
    await client.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: arn, Attributes: { RawMessageDelivery: 'true' } }))
    await twice(sns({ topic: TopicArn, body: ([key, n]) => `${key} ${n}` }))
    const found = await drain(queues, url, 50)
    expect(distinct(found.map(({ MessageAttributes }) => MessageAttributes?.['millrace_id']?.StringValue))).toBe(25)
    expect([...new Set(found.map(({ Body }) => Body))].sort()).toEqual(ROWS.map(([key, n]) => `${key} ${n}`).sort())
  })

  it('of eventBridge have source, type and the id in their detail', async () => {
    const { url, arn } = await newQueue()
    const client = new EventBridgeClient({})
    const bus = newName()
    await client.send(new CreateEventBusCommand({ Name: bus }))
    await client.send(new PutRuleCommand({ Name: bus, EventBusName: bus, EventPattern: JSON.stringify({ source: ['shop'] }) }))
    await client.send(new PutTargetsCommand({ Rule: bus, EventBusName: bus, Targets: [{ Id: 'q', Arn: arn }] }))
    await twice(eventBridge<SinkRow>({ bus, source: 'shop', detailType: 'Counted', detail: ([key, n]) => ({ key, n }) }))
    const events = (await drain(queues, url, 50)).map(
      ({ Body }) => JSON.parse(Body!) as { readonly source: string; readonly 'detail-type': string; readonly detail: Record<string, unknown> },
    )
    expect(events).toHaveLength(50)
    expect(new Set(events.map((event) => `${event.source} ${event['detail-type']}`))).toEqual(new Set(['shop Counted']))
    const byId = new Map(events.map(({ detail: { millrace_id, ...rest } }) => [millrace_id, JSON.stringify(rest)]))
    expect([...byId.values()].sort()).toEqual(ROWS.map(([key, n]) => JSON.stringify({ key, n })).sort())
  })

  it('of kinesis are records by key, in their order', async () => {
    const stream = newName()
    await kinesisClient.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 2 }))
    await waitUntilStreamExists({ client: kinesisClient, maxWaitTime: 30 }, { StreamName: stream })
    const { StreamDescriptionSummary } = await kinesisClient.send(new DescribeStreamSummaryCommand({ StreamName: stream }))
    await twice(kinesis<SinkRow>({ stream, data: ([, n], id) => JSON.stringify({ n, id }) }))
    const records = [...(await readStream(StreamDescriptionSummary?.StreamARN ?? '')).values()]
      .flat()
      .map(({ key, data }) => ({ key, ...(JSON.parse(Buffer.from(data).toString()) as { readonly n: number; readonly id: string }) }))
    expect(records).toHaveLength(50)
    expect(distinct(records.map(({ id }) => id))).toBe(25)
    for (const key of ['k0', 'k1', 'k2']) {
      const own = ROWS.filter(([k]) => k === key).map(([, n]) => n)
      expect(records.filter((record) => record.key === key).map(({ n }) => n)).toEqual([...own, ...own])
    }
  })

  it('end in an error that names the right where there is no queue', async () => {
    await expect(sqs({ queue: 'sinks-no-such-queue' }).open?.()).rejects.toThrow(/sqs 'sinks-no-such-queue': SQS says .*queue.grantSendMessages\(job\)/)
  })
})
