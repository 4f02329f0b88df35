import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AwsWire } from '../aws-wire.ts'

/** Lets other processes reach the simulated stores, by HTTP. */
export async function openWire(wire: AwsWire): Promise<{ readonly url: string; close(): void }> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stores')
      const asked = {
        method: request.method ?? 'GET',
        path: pathname,
        query: Object.fromEntries(searchParams),
        headers: single(request.headers),
      }
      const { statusCode, headers, body } = wire.answer(asked, bodyOf(Buffer.concat(parts), asked.headers))
      response.sendDate = false // the clients' clock is the stream's
      response.writeHead(statusCode, headers)
      body.pipe(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

function single(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

/** Returns what was sent: over HTTP the SDK signs S3's bodies in chunks, each between its length and its signature. */
function bodyOf(sent: Buffer, headers: Readonly<Record<string, string>>): Buffer {
  if (!(headers['content-encoding'] ?? '').includes('aws-chunked')) return sent
  const chunks: Buffer[] = []
  for (let at = 0; ;) {
    const end = sent.indexOf('\r\n', at)
    const length = Number.parseInt(sent.toString('latin1', at, end), 16)
    if (!(length > 0)) return Buffer.concat(chunks)
    chunks.push(sent.subarray(end + 2, end + 2 + length))
    at = end + 2 + length + 2
  }
}
