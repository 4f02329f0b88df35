/** One record of a KPL aggregate. */
export interface AggregatedRecord {
  readonly partitionKey: string
  readonly explicitHashKey: string | undefined
  readonly data: Uint8Array
}

const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED32 = 5

/** Returns the fields of a Protocol Buffers message: tag and value, one after the other. Throws RangeError when the bytes end too soon or are none. */
function fieldsOf(bytes: Uint8Array): readonly (number | Uint8Array)[] {
  const fields: (number | Uint8Array)[] = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; scale <= 128 ** 9; scale *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) throw new RangeError('a varint ends too soon')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value // beyond 2^53 inexact, but then it is no index of anything
    }
    throw new RangeError('a varint of more than 10 bytes')
  }
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError('a field ends too soon')
    return bytes.subarray(at, (at += length))
  }
  while (at < bytes.length) {
    const tag = varint()
    const type = tag % 8
    if (type === VARINT) fields.push(tag, varint())
    else if (type === BYTES) fields.push(tag, take(varint()))
    else if (type === FIXED64 || type === FIXED32) fields.push(tag, take(type === FIXED32 ? 4 : 8))
    else throw new RangeError(`wire type ${type}`)
  }
  return fields
}

/**
 * Returns the records of a KPL aggregate's message (between magic and MD5), or null when it is none: malformed, without records, or with an index that its tables do not have.
 *
 *     message AggregatedRecord { repeated string partition_key_table = 1; repeated string explicit_hash_key_table = 2; repeated Record records = 3; }
 *     message Record { required uint64 partition_key_index = 1; optional uint64 explicit_hash_key_index = 2; required bytes data = 3; repeated Tag tags = 4; }
 *
 * Unknown fields and tags are passed over.
 */
export function parseAggregate(message: Uint8Array): readonly AggregatedRecord[] | null {
  try {
    return read(message)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function read(message: Uint8Array): readonly AggregatedRecord[] | null {
  const keys: string[] = []
  const hashKeys: string[] = []
  const records: Uint8Array[] = []
  const fields = fieldsOf(message)
  for (let i = 0; i < fields.length; i += 2) {
    const tag = fields[i]
    const value = fields[i + 1] as Uint8Array
    if (tag === ((1 << 3) | BYTES)) keys.push(textOf(value))
    else if (tag === ((2 << 3) | BYTES)) hashKeys.push(textOf(value))
    else if (tag === ((3 << 3) | BYTES)) records.push(value)
  }
  // The tables may stand behind the records.
  const found: AggregatedRecord[] = []
  for (const record of records) {
    const of = fieldsOf(record)
    let partitionKey: string | undefined
    let hashIndex: number | undefined
    let data: Uint8Array | undefined
    for (let i = 0; i < of.length; i += 2) {
      const value = of[i + 1]
      if (of[i] === ((1 << 3) | VARINT)) partitionKey = keys[value as number]
      else if (of[i] === ((2 << 3) | VARINT)) hashIndex = value as number
      else if (of[i] === ((3 << 3) | BYTES)) data = value as Uint8Array
    }
    const explicitHashKey = hashIndex === undefined ? undefined : hashKeys[hashIndex]
    if (partitionKey === undefined || data === undefined || (hashIndex !== undefined && explicitHashKey === undefined)) return null
    found.push({ partitionKey, explicitHashKey, data })
  }
  return found.length > 0 ? found : null
}

function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8')
}
