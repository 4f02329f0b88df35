import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { MillraceError } from '../values/errors.ts'

const RAW = 0
const ZSTD = 1

/** Level 1 takes a tenth of gzip's time for the same size (docs/performance.md). */
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
/** Stores bill whole KB, so of something shorter nothing is saved; and zstd takes 20 us to begin with. */
const MIN_COMPRESSED_BYTES = 512
/** No entry, snapshot or object part comes near; damaged bytes must not ask for all memory. */
const MAX_DECOMPRESSED_BYTES = 1024 ** 3

/** Returns the bytes, compressed by zstd where that makes them smaller. The first byte tells. Different versions of zstd give different bytes. */
export function compress(bytes: Uint8Array): Uint8Array {
  const packed = bytes.length < MIN_COMPRESSED_BYTES ? undefined : zstdCompressSync(bytes, OPTIONS)
  const smaller = packed !== undefined && packed.length < bytes.length ? packed : undefined
  const result = new Uint8Array(1 + (smaller ?? bytes).length)
  result[0] = smaller === undefined ? RAW : ZSTD
  result.set(smaller ?? bytes, 1)
  return result
}

/** Returns what was compressed, in memory of its own. Throws CORRUPT_ENTRY. */
export function decompress(bytes: Uint8Array): Uint8Array {
  const [form] = bytes
  if (form === RAW) return new Uint8Array(bytes.subarray(1)) // slice of a Buffer would make no copy
  if (form !== ZSTD)
    throw new MillraceError(
      'CORRUPT_ENTRY',
      `${bytes.length} bytes begin with ${form === undefined ? 'nothing' : `byte ${form}`}: compressed bytes begin with ${RAW} (raw) or ${ZSTD} (zstd); they are damaged, or something else`,
    )
  try {
    const unpacked = zstdDecompressSync(bytes.subarray(1), { maxOutputLength: MAX_DECOMPRESSED_BYTES })
    return new Uint8Array(unpacked.buffer, unpacked.byteOffset, unpacked.length)
  } catch (cause) {
    throw new MillraceError(
      'CORRUPT_ENTRY',
      `${bytes.length} bytes say that they are compressed by zstd, but do not decompress: ${(cause as Error).message}; they are damaged`,
      { cause },
    )
  }
}
