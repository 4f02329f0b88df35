// The contract suites of the ports, run against LocalStack.
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateBucketCommand, DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { CreateQueueCommand, DeleteMessageBatchCommand, DeleteQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll } from 'vitest'
import { DynamoLog } from '../../lib/aws/dynamo-log.ts'
import { DynamoProgress } from '../../lib/aws/dynamo-progress.ts'
import { S3Objects } from '../../lib/aws/s3-objects.ts'
import { SqsMessages } from '../../lib/aws/sqs-messages.ts'
import { parseMessage } from '../../lib/lambda/message-json.ts'
import type { Message } from '../../lib/runtime/ports/messages.ts'
import { always } from '../runtime/ports/contracts/fixture.ts'
import { logContract } from '../runtime/ports/contracts/log-contract.ts'
import { messagesContract } from '../runtime/ports/contracts/messages-contract.ts'
import { objectsContract } from '../runtime/ports/contracts/objects-contract.ts'
import { progressContract } from '../runtime/ports/contracts/progress-contract.ts'
import { createLogTable } from './create-log-table.ts'

const dynamo = new DynamoDBClient({})
const s3 = new S3Client({})
const sqs = new SQSClient({})
const name = `millrace-contracts-${Date.now()}`
const to = { client: dynamo, table: name, app: 'contracts' }

beforeAll(async () => {
  await createLogTable(dynamo, name)
  await s3.send(new CreateBucketCommand({ Bucket: name }))
})

afterAll(async () => {
  await dynamo.send(new DeleteTableCommand({ TableName: name }))
  const objects = new S3Objects(s3, name)
  await objects.delete((await objects.list('')).map(({ key }) => key))
  await s3.send(new DeleteBucketCommand({ Bucket: name }))
})

logContract(
  'DynamoLog',
  always(() => new DynamoLog(to)),
)
progressContract(
  'DynamoProgress',
  always(() => new DynamoProgress(to)),
)
objectsContract(
  'S3Objects',
  always(() => new S3Objects(s3, name)),
)

let queues = 0
messagesContract('SqsMessages', async () => {
  const make = async (kind: string): Promise<string> => (await sqs.send(new CreateQueueCommand({ QueueName: `${name}-${kind}-${queues++}` }))).QueueUrl!
  const [ticks, tasks] = [await make('ticks'), await make('tasks')]
  const take = async (QueueUrl: string): Promise<Message[]> => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }))
    if (Messages.length > 0)
      await sqs.send(
        new DeleteMessageBatchCommand({ QueueUrl, Entries: Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle: ReceiptHandle! })) }),
      )
    return Messages.map(({ Body }) => parseMessage(Body!))
  }
  const received = async (withinMs: number): Promise<readonly Message[]> => {
    const found: Message[] = []
    const until = Date.now() + withinMs
    while (Date.now() < until) {
      found.push(...(await take(ticks)), ...(await take(tasks)))
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    return found
  }
  return {
    port: { messages: new SqsMessages(sqs, { ticks, tasks }), received },
    close: async () => {
      for (const QueueUrl of [ticks, tasks]) await sqs.send(new DeleteQueueCommand({ QueueUrl }))
    },
  }
})
