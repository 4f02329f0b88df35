import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { Ports } from '../runtime/runtime.ts'
import { CLIENT_OPTIONS } from './client-options.ts'
import { DynamoLog, type DynamoTable } from './dynamo-log.ts'
import { DynamoProgress } from './dynamo-progress.ts'
import type { Environment } from './environment.ts'
import { S3Objects } from './s3-objects.ts'
import { SqsMessages } from './sqs-messages.ts'

/** Returns the five ports on AWS, where the environment says. Regions, credentials and endpoints are the SDK's own affair. */
export function openPorts({
  job,
  table,
  bucket,
  ticksQueueUrl,
  tasksQueueUrl,
}: Pick<Environment, 'job' | 'table' | 'bucket' | 'ticksQueueUrl' | 'tasksQueueUrl'>): Ports {
  const to: DynamoTable = { client: new DynamoDBClient(CLIENT_OPTIONS), table, app: job }
  return {
    log: new DynamoLog(to),
    progress: new DynamoProgress(to),
    objects: new S3Objects(new S3Client(CLIENT_OPTIONS), bucket),
    messages: new SqsMessages(new SQSClient(CLIENT_OPTIONS), { ticks: ticksQueueUrl, tasks: tasksQueueUrl }),
    clock: { now: () => Date.now() },
  }
}
