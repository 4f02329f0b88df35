import { MillraceError } from '../values/errors.ts'
import type { Decoder, RecordMeta } from './decoder.ts'
import { isRowsDecoder, type AnyDecoder, type RowsDecoder } from './rows-decoder.ts'

/** A zero, and the number of the schema as 4 bytes, big-endian. */
const HEADER_BYTES = 5

/**
 * Returns a decoder of records in Confluent's wire format, as the serializers of a schema registry write them: the id of the schema is split off, and what is behind it goes to `decoder`,
 * which finds the id in `meta.schemaId`. Behind it protobuf has its message indexes, which stay part of what `decoder` gets.
 * @example
 * const types = new Map([[7, avro(OrderV1)], [9, avro(OrderV2)]])
 * confluent({ decode: (data, meta) => types.get(meta.schemaId)!.decode(data, meta) })
 */
export function confluent<T>(decoder: {
  split(data: Uint8Array, meta: SchemaMeta): Iterable<unknown>
  decodeRow(part: unknown, meta: SchemaMeta): T
}): RowsDecoder<T>
export function confluent<T>(decoder: { decode(data: Uint8Array, meta: SchemaMeta): T }): Decoder<T>
export function confluent<T>(given: object): AnyDecoder<T> {
  const decoder = given as AnyDecoder<T>
  return isRowsDecoder(decoder)
    ? {
        split: (data, meta) => Array.from(decoder.split(data.subarray(HEADER_BYTES), withId(data, meta)), (part) => ({ part, schemaId: idOf(data) })),
        decodeRow: (one, meta) => {
          const { part, schemaId } = one as { readonly part: unknown; readonly schemaId: number }
          return decoder.decodeRow(part, { ...meta, schemaId } as RecordMeta)
        },
      }
    : { decode: (data, meta) => decoder.decode(data.subarray(HEADER_BYTES), withId(data, meta)) }
}

/** Where a record came from, and which schema it says that it has. */
export interface SchemaMeta extends RecordMeta {
  readonly schemaId: number
}

function withId(data: Uint8Array, meta: RecordMeta): SchemaMeta {
  return { ...meta, schemaId: idOf(data) }
}

function idOf(data: Uint8Array): number {
  if (data.length < HEADER_BYTES || data[0] !== 0)
    throw new MillraceError(
      'BAD_VALUE',
      `record of ${data.length} bytes is not in Confluent's wire format: it begins with ${data[0] ?? 'nothing'}, and must with a zero and 4 bytes of a schema's id; records of producers without a schema registry need no confluent()`,
    )
  return new DataView(data.buffer, data.byteOffset).getUint32(1)
}
