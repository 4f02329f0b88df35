import type { SimulatedRecord } from './simulated-stream.ts'

/** Returns the event that Lambda hands over for records of one shard, as aws-lambda's own documentation shows it. */
export function kinesisEventOf(stream: string, shard: string, records: readonly SimulatedRecord[]): unknown {
  const eventSourceARN = `arn:aws:kinesis:us-east-1:111122223333:stream/${stream}`
  return {
    Records: records.map(({ data, partitionKey, sequenceNumber, arrivalMs }) => ({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey,
        sequenceNumber,
        data: Buffer.from(data).toString('base64'),
        approximateArrivalTimestamp: arrivalMs / 1000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${shard}:${sequenceNumber}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: 'arn:aws:iam::111122223333:role/receive',
      awsRegion: 'us-east-1',
      eventSourceARN,
    })),
  }
}

/** What a record takes in the event, in bytes of JSON. */
export function recordBytes({ data, partitionKey }: Pick<SimulatedRecord, 'data' | 'partitionKey'>): number {
  return Math.ceil(data.length / 3) * 4 + partitionKey.length + EMPTY_RECORD_BYTES
}

const EMPTY_RECORD_BYTES = JSON.stringify(
  kinesisEventOf('stream', 'shardId-000000000000', [
    { data: new Uint8Array(0), partitionKey: '', sequenceNumber: '4'.repeat(56), arrivalMs: 1_545_084_650_987 },
  ]),
).length

/** Returns the event of an SQS event source mapping. */
export function sqsEventOf(bodies: readonly { readonly id: string; readonly body: string }[]): unknown {
  return {
    Records: bodies.map(({ id, body }) => ({
      messageId: id,
      receiptHandle: `receipt-${id}`,
      body,
      attributes: { ApproximateReceiveCount: '1' },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:111122223333:ticks',
      awsRegion: 'us-east-1',
    })),
  }
}
