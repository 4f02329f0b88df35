// Against a server: what it gets, how often, and what becomes of what it says.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { http, type HttpOptions } from 'millrace/sinks'
import { openFaultyLink, sinkBatch, type SinkProcess, type SinkRow } from 'millrace/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sinkContract } from './contract.ts'

interface Seen {
  readonly path: string
  readonly method: string
  readonly id: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

const seen: Seen[] = []
/** What the server says to a request; 200 unless told. */
let answer: (request: Seen, before: readonly Seen[]) => readonly [status: number, headers?: Record<string, string>] = () => [200]
let server: Server
let port = 0
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => (body += piece))
    request.on('end', () => {
      const one = { path: request.url ?? '', method: request.method ?? '', id: String(request.headers['idempotency-key']), headers: request.headers, body }
      const [status, headers = {}] = answer(one, [...seen])
      seen.push(one)
      response.writeHead(status, headers).end(status === 200 ? '' : 'no such thing')
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  port = (server.address() as AddressInfo).port
})
afterAll(() => server.close())

let paths = 0
sinkContract(
  'http',
  {
    keeps: 'all',
    guarantee: 'at-least-once',
    target: async () => {
      const path = `/${++paths}`
      return {
        open: async ({ fault } = {}): Promise<SinkProcess> => {
          const link = await openFaultyLink({ host: '127.0.0.1', port }, fault)
          const sink = http<SinkRow>({ url: `http://127.0.0.1:${link.port}${path}`, name: 'hook', headers: () => ({ connection: 'close' }) })
          return { sink, reached: link.reached, resume: link.resume, close: link.close }
        },
        // Who remembers the ids of what it has seen sees each row once.
        read: async () => [...new Map(seen.filter((one) => one.path === path).map(({ id, body }) => [id, JSON.parse(body) as SinkRow])).values()],
      }
    },
  },
  120_000,
)

describe('a request', () => {
  const write = async (
    options: Partial<HttpOptions<unknown>>,
    rows: readonly unknown[],
  ): Promise<{ readonly got: readonly Seen[]; readonly refused: readonly string[] }> => {
    const path = `/${++paths}`
    const refused: string[] = []
    const sink = http({ url: `http://127.0.0.1:${port}${path}`, name: 'hook', ...options })
    await sink.open?.()
    await sink.write(rows, { ...sinkBatch({ n: 1 }), refuse: (_row, error) => void refused.push(String(error)) })
    return { got: seen.filter((one) => one.path === path), refused }
  }

  it('has the row as JSON, and an id that is the same whenever it comes again', async () => {
    const rows = [['a', 1], { b: 2 }]
    const [first, second] = [await write({ headers: () => ({ authorization: 'Bearer x' }) }, rows), await write({ method: 'PUT' }, rows)]
    expect(first.got.map(({ body, method }) => [method, body])).toEqual([
      ['POST', '["a",1]'],
      ['POST', '{"b":2}'],
    ])
    expect(first.got[0]!.headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer x' })
    expect(second.got.map(({ id }) => id)).toEqual(first.got.map(({ id }) => id))
    expect(new Set(first.got.map(({ id }) => id)).size).toBe(2)
    expect(first.got[0]!.id).toMatch(/^[0-9a-f]{32}$/)
  })

  it('is made again after 503 and 429, and after the pause that the server asks for', async () => {
    answer = ({ path }, before) => {
      const times = before.filter((one) => one.path === path).length
      return times === 0 ? [503] : times === 1 ? [429, { 'retry-after': '1' }] : [200]
    }
    const started = performance.now()
    expect((await write({}, ['a'])).got).toHaveLength(3)
    expect(performance.now() - started).toBeGreaterThan(990)
    answer = () => [200]
  })

  it('that the server refuses stops the batch, or is logged and left out', async () => {
    answer = ({ body }) => [body === '"bad"' ? 422 : 200]
    await expect(write({}, ['good', 'bad'])).rejects.toThrow(
      /http 'hook' refuses the message of the string "bad" for good: the server says 422 Unprocessable Entity: no such thing/,
    )
    const { got, refused } = await write({ refused: 'skip' }, ['good', 'bad', 'better'])
    expect(got.map(({ body }) => body).sort()).toEqual(['"bad"', '"better"', '"good"'])
    expect(refused).toHaveLength(1)
    answer = () => [200]
  })

  it('of one key waits for the one before', async () => {
    const { got } = await write({ order: () => 'one' }, ['a', 'b', 'c'])
    expect(got.map(({ body }) => body)).toEqual(['"a"', '"b"', '"c"'])
  })

  it('goes to where a variable says, and the variable is named where it is not set', async () => {
    delete process.env['MILLRACE_TEST_HOOK']
    await expect(http({ url: { env: 'MILLRACE_TEST_HOOK' }, name: 'hook' }).open?.()).rejects.toThrow(/http 'hook': the variable MILLRACE_TEST_HOOK is not set/)
  })

  it('is refused before the commit where it is too large', () => {
    expect(() => http({ url: 'http://x', name: 'hook' }).check?.('x'.repeat(2 ** 20))).toThrow(/the message has 1048578 bytes; http takes 1048576/)
  })
})
