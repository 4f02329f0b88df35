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

/** Reads Protocol Buffers' wire format. Throws RangeError when the bytes end too soon or are none. */
class WireReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get more(): boolean {
    return this.#at < this.#bytes.length
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++, scale *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new RangeError('a varint ends too soon')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value // beyond 2^53 inexact, but then it is no index of anything
    }
    throw new RangeError('a varint of more than 10 bytes')
  }

  bytes(): Uint8Array {
    return this.#take(this.varint())
  }

  text(): string {
    const { buffer, byteOffset, byteLength } = this.bytes()
    return Buffer.from(buffer, byteOffset, byteLength).toString('utf8')
  }

  skip(wireType: number): void {
    if (wireType === VARINT) this.varint()
    else if (wireType === FIXED64) this.#take(8)
    else if (wireType === BYTES) this.bytes()
    else if (wireType === FIXED32) this.#take(4)
    else throw new RangeError(`wire type ${wireType}`)
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new RangeError('a field ends too soon')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}

interface RecordFields {
  keyIndex: number | undefined
  hashIndex: number | undefined
  data: Uint8Array | undefined
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
  const records: RecordFields[] = []
  const reader = new WireReader(message)
  while (reader.more) {
    const tag = reader.varint()
    if (tag === ((1 << 3) | BYTES)) keys.push(reader.text())
    else if (tag === ((2 << 3) | BYTES)) hashKeys.push(reader.text())
    else if (tag === ((3 << 3) | BYTES)) records.push(readRecord(reader.bytes()))
    else reader.skip(tag % 8)
  }
  // The tables may stand behind the records.
  const found: AggregatedRecord[] = []
  for (const { keyIndex, hashIndex, data } of records) {
    const partitionKey = keyIndex === undefined ? undefined : keys[keyIndex]
    const explicitHashKey = hashIndex === undefined ? undefined : hashKeys[hashIndex]
    if (partitionKey === undefined || data === undefined || (hashIndex !== undefined && explicitHashKey === undefined)) return null
    found.push({ partitionKey, explicitHashKey, data })
  }
  return found.length > 0 ? found : null
}

function readRecord(message: Uint8Array): RecordFields {
  const fields: RecordFields = { keyIndex: undefined, hashIndex: undefined, data: undefined }
  const reader = new WireReader(message)
  while (reader.more) {
    const tag = reader.varint()
    if (tag === ((1 << 3) | VARINT)) fields.keyIndex = reader.varint()
    else if (tag === ((2 << 3) | VARINT)) fields.hashIndex = reader.varint()
    else if (tag === ((3 << 3) | BYTES)) fields.data = reader.bytes()
    else reader.skip(tag % 8)
  }
  return fields
}
