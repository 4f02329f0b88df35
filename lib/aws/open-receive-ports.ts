import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { Progress } from '../runtime/ports/progress.ts'
import type { Ports } from '../runtime/runtime.ts'
import { CLIENT_OPTIONS, S3_OPTIONS } from './client-options.ts'
import { DynamoLog, type DynamoTable } from './dynamo-log.ts'
import type { Environment } from './environment.ts'
import { S3Objects } from './s3-objects.ts'
import { SqsMessages } from './sqs-messages.ts'

export type StoresOf = Pick<Environment, 'job' | 'table' | 'bucket' | 'ticksQueueUrl' | 'tasksQueueUrl'>

/** Receiving comes before batches: it neither reads nor writes what has become of one. */
const NO_PROGRESS: Progress = { get: noProgress, add: noProgress }

function noProgress(): never {
  throw new Error('the receive function has no progress')
}

/**
 * Returns the ports of the receive function, where the environment says. Regions, credentials and endpoints are the SDK's own affair.
 * `openProgress`: what openPorts adds; the receive function's bundle is to hold none.
 */
export function openReceivePorts(
  { job, table, bucket, ticksQueueUrl, tasksQueueUrl }: StoresOf,
  openProgress: (to: DynamoTable) => Progress = () => NO_PROGRESS,
): Ports {
  // LocalStack in Docker is a name in front of which no bucket's name resolves.
  const ownEndpoint = process.env['AWS_ENDPOINT_URL'] !== undefined || process.env['AWS_ENDPOINT_URL_S3'] !== undefined
  const to: DynamoTable = { client: new DynamoDBClient(CLIENT_OPTIONS), table, app: job }
  return {
    log: new DynamoLog(to),
    progress: openProgress(to),
    objects: new S3Objects(new S3Client({ ...S3_OPTIONS, forcePathStyle: ownEndpoint }), bucket),
    messages: new SqsMessages(new SQSClient(CLIENT_OPTIONS), { ticks: ticksQueueUrl, tasks: tasksQueueUrl }),
    clock: { now: () => Date.now() },
  }
}
