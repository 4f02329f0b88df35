import type { KinesisStreamEvent } from 'aws-lambda'

const FIRST_SEQUENCE = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n

/** Returns the event that Lambda hands over for the lines, as text: the runtime parses it before the handler sees it. `first`: the number of the first record in the shard. */
export function kinesisEventJson(lines: readonly string[], startSeconds: number, first = 0): string {
  const sequence = (i: number): bigint => FIRST_SEQUENCE + BigInt(first + i)
  return JSON.stringify({
    Records: lines.map((line, i) => ({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: `key-${i % 997}`,
        sequenceNumber: String(sequence(i)),
        data: Buffer.from(line).toString('base64'),
        approximateArrivalTimestamp: Math.round((startSeconds + i / lines.length) * 1_000) / 1_000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `shardId-000000000000:${sequence(i)}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: 'arn:aws:iam::111122223333:role/lambda-role',
      awsRegion: 'us-east-1',
      eventSourceARN: 'arn:aws:kinesis:us-east-1:111122223333:stream/lines',
    })),
  })
}

/** Returns the event as a handler gets it: through JSON.parse. */
export function kinesisEvent(lines: readonly string[], startSeconds: number, first = 0): KinesisStreamEvent {
  return JSON.parse(kinesisEventJson(lines, startSeconds, first)) as KinesisStreamEvent
}
