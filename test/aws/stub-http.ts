// AWS at the edge of the SDK: requests come as HTTP, answers go back as HTTP; everything in between is the real client.
import { Readable } from 'node:stream'
import type { KinesisClientConfig } from '@aws-sdk/client-kinesis'

type StubHandler = NonNullable<KinesisClientConfig['requestHandler']>

export interface StubRequest {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Of a JSON protocol, e.g. PutRecords; '' for REST. */
  readonly operation: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface StubAnswer {
  readonly status?: number
  /** Name of an exception. */
  readonly error?: string
  readonly body: unknown
}

/** Returns a request handler for a client, which asks `answer`. */
export function stubHttp(answer: (request: StubRequest) => StubAnswer): StubHandler {
  return {
    handle: async (request: {
      readonly method: string
      readonly path: string
      readonly query?: Record<string, string>
      readonly headers: Record<string, string>
      readonly body?: Uint8Array | string
    }) => {
      const text = request.body === undefined ? '' : typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body)
      const { status, error, body } = answer({
        method: request.method,
        path: request.path,
        query: request.query ?? {},
        operation: request.headers['x-amz-target']?.split('.').at(-1) ?? '',
        body: text === '' ? {} : JSON.parse(text),
      })
      const headers = { 'content-type': 'application/json', ...(error === undefined ? {} : { 'x-amzn-errortype': error }) }
      return { response: { statusCode: status ?? (error === undefined ? 200 : 400), headers, body: Readable.from([Buffer.from(JSON.stringify(body))]) } }
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  }
}

/** What a client needs that talks to a stub. */
export const STUB_CONFIG = { region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 1 } as const
