import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CLIENT_OPTIONS } from '../../lib/aws/client-options.ts'

/** A request as a service sees it. `operation`: what a JSON service calls it (DynamoDB_20120810.PutItem: PutItem), else method and path. */
export interface StubRequest {
  readonly operation: string
  readonly query: URLSearchParams
  readonly body: string
}

/** `hang`: the service never answers. */
export type StubAnswer = { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | object } | 'hang'

export interface StubService {
  /** For a client: the functions' own options, and this service's address. */
  readonly options: typeof CLIENT_OPTIONS & {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { accessKeyId: string; secretAccessKey: string }
  }
  readonly requests: readonly StubRequest[]
  /** Connections that were opened. */
  readonly connections: () => number
  readonly close: () => Promise<void>
}

/** An HTTP service on the loopback address that answers as told: what LocalStack cannot do (throttle, answer in part, fall silent), through the SDK's real HTTP handler. */
export async function stubService(answer: (request: StubRequest, n: number) => StubAnswer): Promise<StubService> {
  const requests: StubRequest[] = []
  let connections = 0
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat(await incoming.toArray()).toString()
    const url = new URL(incoming.url ?? '/', 'http://stub')
    const target = incoming.headers['x-amz-target']
    const request = {
      operation: typeof target === 'string' ? target.slice(target.indexOf('.') + 1) : `${incoming.method} ${url.pathname}`,
      query: url.searchParams,
      body,
    }
    requests.push(request)
    const given = answer(request, requests.length - 1)
    if (given === 'hang') return
    response.writeHead(given.status ?? 200, given.headers ?? {})
    response.end(typeof given.body === 'object' ? JSON.stringify(given.body) : (given.body ?? ''))
  }
  const server = createServer((incoming, response) => void serve(incoming, response))
  server.on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    options: {
      ...CLIENT_OPTIONS,
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    },
    requests,
    connections: () => connections,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
