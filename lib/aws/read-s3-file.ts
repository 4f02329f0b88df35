import { GetObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import { S3_OPTIONS } from './client-options.ts'
import { unreadable } from './unreadable.ts'

/** Returns an object of any bucket. `who` wants it, for errors. */
export async function readS3File(who: string, bucket: string, key: string): Promise<Uint8Array> {
  const ownEndpoint = process.env['AWS_ENDPOINT_URL'] !== undefined || process.env['AWS_ENDPOINT_URL_S3'] !== undefined
  const client = new S3Client({ ...S3_OPTIONS, forcePathStyle: ownEndpoint })
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    return (await Body?.transformToByteArray()) ?? new Uint8Array()
  } catch (cause) {
    if (!(cause instanceof S3ServiceException)) throw cause
    throw unreadable(who, 'S3', cause, "The object must be there, and the job's functions need s3:GetObject for it: bucket.grantRead(job)")
  } finally {
    client.destroy()
  }
}
