import type { Decoder, RecordMeta } from '../decode/decoder.ts'
import { time } from '../values/time.ts'
import type { RawRecord } from './compute.ts'

/** Returns the decoder as a function of records: it turns base64 into bytes and makes the meta data only where they are asked for. */
export function openDecoder(decoder: Decoder<unknown>, stream: string, shard: string): (record: RawRecord) => unknown {
  const { decodeBase64 } = decoder
  const decode = (record: RawRecord): unknown =>
    decoder.decode(typeof record.data === 'string' ? Buffer.from(record.data, 'base64') : record.data, metaOf(record, stream, shard))
  if (decodeBase64 === undefined) return decode
  // A user's decoder may be an instance of a class; a bound function would be slower.
  return (record) => (typeof record.data === 'string' ? decodeBase64.call(decoder, record.data) : decode(record))
}

function metaOf(record: RawRecord, stream: string, shardId: string): RecordMeta {
  return { stream, shardId, sequenceNumber: record.sequenceNumber, partitionKey: record.partitionKey, arrivalTime: time(record.arrivalMs) }
}
