import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  type CompletedPart,
  type S3Client,
} from '@aws-sdk/client-s3'

/** S3 takes parts of 5 MiB and more; one is sent within the request's time-out, and is all that a retry sends again. */
export const PART_BYTES: number = 8 * 1024 * 1024
/** The SDK's default for parts; the upload must say the same. */
const CHECKSUM = 'CRC32'
/** Parts under way at once. */
const PARALLEL = 4

/** Puts an object in parts. The object is there when all of it is; a failure takes the parts back (should that fail as well, the bucket's lifecycle rule does). */
export async function putMultipart(client: S3Client, where: { readonly Bucket: string; readonly Key: string }, bytes: Uint8Array): Promise<void> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...where, ChecksumAlgorithm: CHECKSUM }))
  const upload = { ...where, UploadId }
  const parts: CompletedPart[] = []
  const count = Math.ceil(bytes.length / PART_BYTES)
  let next = 0
  let failed = false
  const work = async (): Promise<void> => {
    while (next < count && !failed) {
      const i = next++
      const Body = bytes.subarray(i * PART_BYTES, (i + 1) * PART_BYTES)
      const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand({ ...upload, PartNumber: i + 1, Body, ChecksumAlgorithm: CHECKSUM }))
      parts[i] = { PartNumber: i + 1, ETag, ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }) }
    }
  }
  const workers = Array.from({ length: PARALLEL }, () =>
    work().catch((error: unknown) => {
      failed = true
      throw error
    }),
  )
  try {
    await Promise.all(workers)
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } }))
  } catch (error) {
    await Promise.allSettled(workers) // a part that arrives after the abort would stay
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => {})
    throw error
  }
}
