import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'

export type Compression = 'gzip' | 'zstd'

interface Compressor {
  readonly ending: string
  readonly compress: (bytes: Uint8Array) => Uint8Array
}

// zstd at level 1 takes a third of gzip's time for smaller files (measured: lines of JSON).
const compressors: { readonly [name in Compression]: Compressor } = {
  gzip: { ending: '.gz', compress: (bytes) => gzipSync(bytes) },
  zstd: { ending: '.zst', compress: (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }) },
}

const NONE: Compressor = { ending: '', compress: (bytes) => bytes }

/** Returns how files are compressed, and how their names end then. Throws BAD_PROGRAM for what is no compression. */
export function compressorOf(compress: Compression | undefined, where: string): Compressor {
  if (compress === undefined) return NONE
  if (!Object.hasOwn(compressors, compress))
    throw new MillraceError('BAD_PROGRAM', `${where}: compress is ${describeValue(compress)}; it is 'gzip' or 'zstd', or left out`)
  return compressors[compress]
}
