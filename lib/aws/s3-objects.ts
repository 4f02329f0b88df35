import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3'
import { MillraceError } from '../values/errors.ts'
import type { ByteRange, ObjectInfo, Objects } from '../runtime/ports/objects.ts'
import { PART_BYTES, putMultipart } from './put-multipart.ts'

/** Keys of one DeleteObjects: S3's limit. */
const MAX_DELETES = 1_000

/** Objects in a bucket. */
export class S3Objects implements Objects {
  readonly #client: S3Client
  readonly #bucket: string

  constructor(client: S3Client, bucket: string) {
    this.#client = client
    this.#bucket = bucket
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const where = { Bucket: this.#bucket, Key: key }
    if (bytes.length > PART_BYTES) await putMultipart(this.#client, where, bytes)
    else await this.#client.send(new PutObjectCommand({ ...where, Body: bytes }))
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | null> {
    if (range !== undefined && range.length === 0) return new Uint8Array()
    try {
      const { Body } = await this.#client.send(
        new GetObjectCommand({
          Bucket: this.#bucket,
          Key: key,
          ...(range === undefined ? {} : { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
        }),
      )
      return (await Body?.transformToByteArray()) ?? null
    } catch (error) {
      if (error instanceof NoSuchKey) return null
      throw error
    }
  }

  async copy(from: string, to: string): Promise<void> {
    try {
      await this.#client.send(
        new CopyObjectCommand({ Bucket: this.#bucket, Key: to, CopySource: `${this.#bucket}/${from.split('/').map(encodeURIComponent).join('/')}` }),
      )
    } catch (cause) {
      if (!(cause instanceof S3ServiceException) || cause.name !== 'NoSuchKey') throw cause
      throw new MillraceError('STORE_FAILED', `object ${from} in bucket ${this.#bucket} cannot be copied to ${to}: it does not exist`, { cause })
    }
  }

  async list(prefix: string): Promise<readonly ObjectInfo[]> {
    const found: ObjectInfo[] = []
    let token: string | undefined
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix, ...(token === undefined ? {} : { ContinuationToken: token }) }),
      )
      for (const { Key, Size } of page.Contents ?? []) if (Key !== undefined) found.push({ key: Key, size: Size ?? 0 })
      token = page.NextContinuationToken
    } while (token !== undefined)
    return found
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (let i = 0; i < keys.length; i += MAX_DELETES) {
      const { Errors } = await this.#client.send(
        new DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Quiet: true, Objects: keys.slice(i, i + MAX_DELETES).map((Key) => ({ Key })) } }),
      )
      const [failed] = Errors ?? []
      if (failed !== undefined) throw new MillraceError('STORE_FAILED', `bucket ${this.#bucket} did not delete ${failed.Key}: ${failed.Code} ${failed.Message}`)
    }
  }
}
