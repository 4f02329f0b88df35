import { createHash } from 'node:crypto'
import type { RawRecord } from '../../plan/compute.ts'
import { parseAggregate } from './parse-aggregate.ts'

// A KPL aggregate: magic, a message (parse-aggregate.ts), the MD5 of the message.
const MAGIC = [0xf3, 0x89, 0x9a, 0xc2] as const
const MD5_BYTES = 16
/** The magic in base64: its last byte shares a character with the first bits of the message, so that one is `g` to `v`. */
const MAGIC_BASE64 = '84maw'

/** Returns whether the data (bytes, or base64 as in a Lambda event) begins as a KPL aggregate does. Costs next to nothing, and is only a guess: deaggregate decides. */
export function looksAggregated(data: string | Uint8Array): boolean {
  if (typeof data === 'string') {
    const next = data.charCodeAt(MAGIC_BASE64.length)
    return next >= 103 && next <= 118 && data.startsWith(MAGIC_BASE64)
  }
  return data[0] === MAGIC[0] && data[1] === MAGIC[1] && data[2] === MAGIC[2] && data[3] === MAGIC[3]
}

/**
 * Returns the records of a KPL aggregate, each with its own partition key and data, the aggregate's sequence number and arrival, and its index in it (from 0 on).
 * What is no aggregate comes back as it is: also with a wrong MD5, a malformed message, or no records, for those bytes may just begin like one. So at least one record comes back, and nothing is lost.
 * Explicit hash keys are checked and not kept: they only chose the shard.
 */
export function deaggregate(record: RawRecord): readonly RawRecord[] {
  if (!looksAggregated(record.data)) return [record]
  const bytes = typeof record.data === 'string' ? Buffer.from(record.data, 'base64') : record.data
  if (bytes.length < MAGIC.length + MD5_BYTES) return [record]
  const message = bytes.subarray(MAGIC.length, bytes.length - MD5_BYTES)
  const sum = createHash('md5').update(message).digest()
  if (!sum.equals(bytes.subarray(bytes.length - MD5_BYTES))) return [record]
  const { sequenceNumber, arrivalMs } = record
  return (
    parseAggregate(message)?.map(({ partitionKey, data }, index) => ({ sequenceNumber, index, partitionKey, arrivalMs, data: plainView(data) })) ?? [record]
  )
}

function plainView({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
