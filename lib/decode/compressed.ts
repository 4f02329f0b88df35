import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { MillraceError } from '../values/errors.ts'
import type { Decoder } from './decoder.ts'
import { isRowsDecoder, type AnyDecoder, type RowsDecoder } from './rows-decoder.ts'

/** A record holds at most 10 MiB; what unpacks to more than this is a bomb, or belongs into an object. */
const MAX_BYTES = 64 * 1024 * 1024

/** Returns a decoder of records that are gzip: what is in them goes to `decoder`. At most 64 MiB unpacked. */
export function gunzip<T>(decoder: RowsDecoder<T>): RowsDecoder<T>
export function gunzip<T>(decoder: Decoder<T>): Decoder<T>
export function gunzip<T>(decoder: AnyDecoder<T>): AnyDecoder<T> {
  return unpacked(decoder, 'gzip', (data) => gunzipSync(data, { maxOutputLength: MAX_BYTES }))
}

/** Returns a decoder of records that are zstd: what is in them goes to `decoder`. At most 64 MiB unpacked. */
export function zstd<T>(decoder: RowsDecoder<T>): RowsDecoder<T>
export function zstd<T>(decoder: Decoder<T>): Decoder<T>
export function zstd<T>(decoder: AnyDecoder<T>): AnyDecoder<T> {
  return unpacked(decoder, 'zstd', (data) => zstdDecompressSync(data, { maxOutputLength: MAX_BYTES }))
}

function unpacked<T>(decoder: AnyDecoder<T>, format: string, unpack: (data: Uint8Array) => Buffer): AnyDecoder<T> {
  const open = (data: Uint8Array): Buffer => {
    try {
      return unpack(data)
    } catch (cause) {
      const tooLarge = (cause as { readonly code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE'
      const why = tooLarge ? `it holds more than ${MAX_BYTES / 1024 / 1024} MiB: put it into an object, and its name into the stream` : (cause as Error).message
      throw new MillraceError('BAD_VALUE', `record of ${data.length} bytes is no ${format} that can be unpacked: ${why}`, { cause })
    }
  }
  return isRowsDecoder(decoder)
    ? { split: (data, meta) => decoder.split(open(data), meta), decodeRow: (part, meta) => decoder.decodeRow(part, meta) }
    : { decode: (data, meta) => decoder.decode(open(data), meta) }
}
