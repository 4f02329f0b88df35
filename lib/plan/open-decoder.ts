import type { RecordMeta } from '../decode/decoder.ts'
import { isRowsDecoder, type AnyDecoder, type RowsDecoder } from '../decode/rows-decoder.ts'
import { time } from '../values/time.ts'
import type { RawRecord } from './compute.ts'

/** What decodes the records of a shard: into one value each, or into rows, of which each is decoded by itself. */
export type OpenDecoder =
  | { readonly one: (record: RawRecord) => unknown; readonly rows?: undefined }
  | { readonly rows: (record: RawRecord) => Iterable<() => unknown> }

/** Returns the decoder as a function of records: it turns base64 into bytes and makes the meta data only where they are asked for. */
export function openDecoder(decoder: AnyDecoder<unknown>, stream: string, shard: string): OpenDecoder {
  if (isRowsDecoder(decoder)) return { rows: (record) => rowsOf(decoder, record, stream, shard) }
  const { decodeBase64 } = decoder
  const decode = (record: RawRecord): unknown => decoder.decode(bytesOf(record), metaOf(record, stream, shard))
  if (decodeBase64 === undefined) return { one: decode }
  // A user's decoder may be an instance of a class; a bound function would be slower.
  return { one: (record) => (typeof record.data === 'string' ? decodeBase64.call(decoder, record.data) : decode(record)) }
}

/** On whatever way a record came, its decoder gets a Buffer: data.toString() must not mean one thing in a test and another on AWS. */
function bytesOf({ data }: RawRecord): Buffer {
  if (typeof data === 'string') return Buffer.from(data, 'base64')
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}

function rowsOf(decoder: RowsDecoder<unknown>, record: RawRecord, stream: string, shard: string): Iterable<() => unknown> {
  const meta = metaOf(record, stream, shard)
  return Array.from(decoder.split(bytesOf(record), meta), (part) => () => decoder.decodeRow(part, meta))
}

function metaOf(record: RawRecord, stream: string, shardId: string): RecordMeta {
  return { stream, shardId, sequenceNumber: record.sequenceNumber, partitionKey: record.partitionKey, arrivalTime: time(record.arrivalMs) }
}
