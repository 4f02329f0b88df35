import type { Decoder, RecordMeta } from './decoder.ts'

/**
 * Turns a record's bytes into any number of values, which fail one by one: where `split` throws, all of the record goes to the dead letters, where `decodeRow` does, that row with its number.
 * The others take effect.
 */
export interface RowsDecoder<T, Part = unknown> {
  /** Cuts the record into parts, in order. */
  split(data: Uint8Array, meta: RecordMeta): Iterable<Part>
  decodeRow(part: Part, meta: RecordMeta): T
}

/** What a stream's records are decoded by: one value of each record, or several. */
export type AnyDecoder<T> = Decoder<T> | RowsDecoder<T>

export function isRowsDecoder<T>(decoder: AnyDecoder<T>): decoder is RowsDecoder<T> {
  return 'split' in decoder
}
