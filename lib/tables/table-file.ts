import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { asset } from '../program/asset.ts'
import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import { loadPeer } from '../values/load-peer.ts'

const S3_URL = /^s3:\/\/([^/]+)\/(.+)$/

export interface TableFile {
  /** What the user wrote, for errors: `csvTable 'data/plans.csv'`. */
  readonly who: string
  bytes(): Promise<Uint8Array>
  text(): Promise<string>
}

/** Returns a file of a table: of the project's folder, where it travels with the job as an asset does, or `s3://bucket/key`. A name that ends in .gz or .zst is unpacked. */
export function tableFile(kind: string, path: string): TableFile {
  if (typeof path !== 'string' || path === '' || (path.startsWith('s3:') && !S3_URL.test(path)))
    throw new MillraceError(
      'BAD_PROGRAM',
      `${kind} got ${describeValue(path)}; it takes a path in the project's folder, such as 'data/plans.csv', or 's3://bucket/key'`,
    )
  const who = `${kind} '${path}'`
  const [, bucket, key] = S3_URL.exec(path) ?? []
  const read = bucket === undefined || key === undefined ? (): Promise<Uint8Array> => asset(path).bytes() : (): Promise<Uint8Array> => readS3(who, bucket, key)
  const bytes = async (): Promise<Uint8Array> => unpacked(who, path, await read())
  return {
    who,
    bytes,
    text: async () => {
      const found = await bytes()
      try {
        return new TextDecoder('utf-8', { fatal: true }).decode(found)
      } catch (cause) {
        throw new MillraceError('BAD_PROGRAM', `${who} is not UTF-8: save it as UTF-8`, { cause })
      }
    },
  }
}

async function readS3(who: string, bucket: string, key: string): Promise<Uint8Array> {
  const { readS3File } = await loadPeer(who, '@aws-sdk/client-s3', () => import('../aws/read-s3-file.ts'))
  return readS3File(who, bucket, key)
}

function unpacked(who: string, path: string, bytes: Uint8Array): Uint8Array {
  try {
    return path.endsWith('.gz') ? gunzipSync(bytes) : path.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes
  } catch (cause) {
    throw new MillraceError('BAD_PROGRAM', `${who} cannot be unpacked: ${(cause as Error).message}`, { cause })
  }
}
