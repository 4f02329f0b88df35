import { text } from '../../../lib/index.ts'
import { kinesis } from '../../../lib/sources/kinesis/source.ts'
import { testSource, type Part } from '../contract.ts'

const recordsOf = ({ partition, from, values, arrivalMs }: Part): readonly unknown[] =>
  values.map((value, i) => ({
    kinesis: {
      partitionKey: 'k',
      sequenceNumber: String(from + i + 1),
      data: Buffer.from(value).toString('base64'),
      approximateArrivalTimestamp: arrivalMs / 1000,
    },
    eventSource: 'aws:kinesis',
    eventID: `shardId-00000000000${partition}:${from + i + 1}`,
    eventSourceARN: 'arn:aws:kinesis:eu-central-1:123456789012:stream/in',
  }))

testSource('Kinesis', {
  source: kinesis,
  stream: (ssc) => ssc.kinesisStream('in', text()),
  partitions: 1,
  event: (parts) => ({ Records: parts.flatMap(recordsOf) }),
  // The record that is named, and all after it.
  again: (parts, { batchItemFailures }) =>
    batchItemFailures.flatMap(({ itemIdentifier }) =>
      parts.map((part) => {
        const skip = Number(itemIdentifier) - 1 - part.from
        return { ...part, from: part.from + skip, values: part.values.slice(skip) }
      }),
    ),
  madeAgain: /record 1 of in\/shardId-000000000000 lies before the end of its log .*made again under its name/,
})
