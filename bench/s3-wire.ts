import { Readable } from 'node:stream'
import type { Bill, WireRequest, WireResponse } from './wire.ts'

/** What S3 answers to the requests that the engine sends, and what it bills. Objects lie under the paths of their requests. */
export class S3Wire {
  readonly #objects: Map<string, Buffer>
  readonly #bill: Pick<Bill, 's3Puts' | 's3Gets'>
  /** Parts of uploads that are not complete. */
  readonly #uploads = new Map<string, Map<number, Buffer>>()

  constructor(objects: Map<string, Buffer>, bill: Pick<Bill, 's3Puts' | 's3Gets'>) {
    this.#objects = objects
    this.#bill = bill
  }

  answer(request: WireRequest, body: Buffer): WireResponse {
    const { method, query = {}, headers } = request
    const path = decodeURIComponent(request.path)
    if (method === 'GET' && query['list-type'] === undefined) {
      this.#bill.s3Gets++
      const found = this.#objects.get(path)
      if (found === undefined) return missing()
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers['range'] ?? headers['Range'] ?? '') ?? []
      return from === undefined ? answer(200, found) : answer(206, found.subarray(Number(from), Number(to) + 1))
    }
    // Deletes cost nothing.
    if (method === 'DELETE') return answer(204, '')
    if (query['delete'] !== undefined) {
      for (const [, key] of body.toString().matchAll(/<Key>(.*?)<\/Key>/g)) this.#objects.delete(`${path.replace(/\/$/, '')}/${key}`)
      return answer(200, '<DeleteResult/>')
    }
    // A put, a copy, a list, and each request of an upload in parts cost the same.
    this.#bill.s3Puts++
    if (method === 'GET') return this.#list(path, query['prefix'] ?? '')
    if (method === 'POST' || query['uploadId'] !== undefined) return this.#upload(path, query, body)
    const from = headers['x-amz-copy-source']
    const bytes = from === undefined ? body : this.#objects.get(`/${decodeURIComponent(from)}`)
    if (bytes === undefined) return missing()
    this.#objects.set(path, bytes)
    return answer(200, from === undefined ? '' : '<CopyObjectResult/>')
  }

  #list(path: string, prefix: string): WireResponse {
    const bucket = path.replace(/\/$/, '')
    const found = [...this.#objects].filter(([key]) => key.startsWith(`${bucket}/${prefix}`))
    const contents = found.map(([key, bytes]) => `<Contents><Key>${key.slice(bucket.length + 1)}</Key><Size>${bytes.length}</Size></Contents>`)
    return answer(200, `<ListBucketResult>${contents.join('')}<IsTruncated>false</IsTruncated></ListBucketResult>`)
  }

  #upload(path: string, query: Readonly<Record<string, string>>, body: Buffer): WireResponse {
    const id = query['uploadId']
    if (id === undefined) {
      const made = `upload-${this.#uploads.size}`
      this.#uploads.set(made, new Map())
      return answer(200, `<InitiateMultipartUploadResult><UploadId>${made}</UploadId></InitiateMultipartUploadResult>`)
    }
    const parts = this.#uploads.get(id) ?? new Map<number, Buffer>()
    const number = query['partNumber']
    if (number !== undefined) {
      parts.set(Number(number), body)
      return answer(200, '', { etag: `"${number}"` })
    }
    this.#objects.set(path, Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes)))
    return answer(200, '<CompleteMultipartUploadResult/>')
  }
}

function missing(): WireResponse {
  return answer(404, '<Error><Code>NoSuchKey</Code></Error>')
}

function answer(statusCode: number, body: Buffer | string, headers: Readonly<Record<string, string>> = {}): WireResponse {
  const bytes = Buffer.from(body)
  return { statusCode, headers: { ...headers, 'content-length': String(bytes.length) }, body: Readable.from([bytes]) }
}
