// A producer and a reader on plain @aws-sdk/client-kinesis. HTTP/1.1: LocalStack breaks the client's own HTTP/2.
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { shardsOf } from '../../localstack/jobs.ts'

export const kinesis = new KinesisClient({ requestHandler: new NodeHttpHandler() })

/** PutRecords' limit; LocalStack would take more. */
const MAX_RECORDS = 500
const MAX_BYTES = 4 * 1024 * 1024

export interface NewRecord {
  readonly key: string
  readonly data: Uint8Array | string
}

/** Puts records in order; whatever Kinesis refuses is put again. */
export async function putRecords(StreamARN: string, records: readonly NewRecord[]): Promise<void> {
  let waiting = records.map(({ key, data }) => ({ PartitionKey: key, Data: Buffer.from(data) }))
  while (waiting.length > 0) {
    let size = 0
    const page = waiting.slice(0, MAX_RECORDS).filter(({ Data }, i) => (size += Data.length) <= MAX_BYTES || i === 0)
    const { Records = [] } = await kinesis.send(new PutRecordsCommand({ StreamARN, Records: page }))
    waiting = [...page.filter((_, i) => Records[i]?.ErrorCode !== undefined), ...waiting.slice(page.length)]
  }
}

/** A record as it lies in the stream. */
export interface StreamRecord {
  readonly key: string
  readonly data: Uint8Array
  readonly sequenceNumber: string
  readonly arrivalMs: number
}

/** Returns what is in a stream, by shard, in order. */
export async function readStream(StreamARN: string): Promise<ReadonlyMap<string, readonly StreamRecord[]>> {
  const shards = await Promise.all((await shardsOf(StreamARN)).map(async (shard) => [shard, await readShard(StreamARN, shard)] as const))
  return new Map(shards)
}

async function readShard(StreamARN: string, ShardId: string): Promise<readonly StreamRecord[]> {
  const found: StreamRecord[] = []
  let { ShardIterator: at } = await kinesis.send(new GetShardIteratorCommand({ StreamARN, ShardId, ShardIteratorType: 'TRIM_HORIZON' }))
  while (at !== undefined) {
    const { Records = [], NextShardIterator, MillisBehindLatest } = await kinesis.send(new GetRecordsCommand({ StreamARN, ShardIterator: at, Limit: 10_000 }))
    for (const { PartitionKey = '', Data = new Uint8Array(), SequenceNumber = '', ApproximateArrivalTimestamp } of Records)
      found.push({ key: PartitionKey, data: Data, sequenceNumber: SequenceNumber, arrivalMs: ApproximateArrivalTimestamp?.getTime() ?? NaN })
    at = Records.length === 0 && MillisBehindLatest === 0 ? undefined : NextShardIterator
  }
  return found
}
