import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { AddressInfo } from 'node:net'
import { MillraceError } from '../values/errors.ts'
import { answer, NotFound } from './api.ts'
import { assets, IMPORT_MAP, type Asset } from './assets.ts'
import { EventStream } from './event-stream.ts'
import { guardHeaders, refusalOf } from './guard.ts'
import type { ViewedJob } from './viewed-job.ts'

/** Spark's port for the page of an application. */
export const FIRST_PORT = 4040
/** Ports that are tried after it. */
const PORTS = 100

/** Loopback only: whoever wants to look from elsewhere makes a tunnel (ssh -L). */
const HOST = '127.0.0.1'

/** Addresses that show the page; what is there is the page's own business. */
const PAGES = /^\/(?:program|inputs|state|outputs|dashboard|dead-letters|batches\/\d+)?$/

export interface ServedPage {
  readonly port: number
  readonly url: string
  /** Something is new. */
  changed(): void
  close(): Promise<void>
}

export interface ServeOptions {
  readonly job: ViewedJob
  /** The port, and no other; undefined: the first that is free from 4040 on. */
  readonly port?: number | undefined
  /** Look for news once a second, because nobody tells. */
  readonly poll?: boolean
}

/** Serves the page of a job on this machine alone. */
export async function servePage({ job, port, poll = false }: ServeOptions): Promise<ServedPage> {
  const headers = guardHeaders(IMPORT_MAP)
  const events = new EventStream(job, { poll })
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    const refusal = refusalOf(request)
    if (refusal !== undefined) return sendText(response, refusal.status, refusal.why)
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (url.pathname === '/events') return events.add(request, response)
    if (url.pathname.startsWith('/api/')) return sendJson(request, response, await answer(job, url))
    const { html, files } = assets()
    const asset = files.get(url.pathname) ?? (PAGES.test(url.pathname) ? html : undefined)
    if (asset === undefined) return sendText(response, 404, 'there is no such page')
    sendAsset(request, response, asset)
  }
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const status = error instanceof NotFound ? 404 : error instanceof MillraceError && error.code === 'USAGE' ? 400 : 500
      if (response.headersSent) response.destroy()
      else sendText(response, status, error instanceof Error ? error.message : String(error))
    })
  })
  await listen(server, port)
  // A run that has ended does not wait for whoever looks.
  server.unref()
  const used = (server.address() as AddressInfo).port
  return {
    port: used,
    url: `http://${HOST}:${used}`,
    changed: () => events.changed(),
    close: async () => {
      events.close()
      server.closeAllConnections()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
    },
  }
}

async function listen(server: Server, port: number | undefined): Promise<void> {
  const ports = port === undefined ? Array.from({ length: PORTS }, (_, i) => FIRST_PORT + i) : [port]
  for (const one of ports) {
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve)
      server.listen(one, HOST, () => {
        server.off('error', resolve)
        resolve(undefined)
      })
    })
    if (error === undefined) return
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error
  }
  throw new MillraceError(
    'USAGE',
    port === undefined
      ? `the ports ${FIRST_PORT} to ${FIRST_PORT + PORTS - 1} are all in use: name a free one with --ui-port, or leave the page out with --ui off`
      : `port ${port} is in use, or not allowed: name another one with --ui-port, or leave the page out with --ui off`,
  )
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(`${text}\n`)
}

function takesGzip({ headers }: IncomingMessage): boolean {
  return String(headers['accept-encoding'] ?? '').includes('gzip')
}

function sendAsset(request: IncomingMessage, response: ServerResponse, { type, gzip }: Asset): void {
  // The next run may be of another version.
  const base = { 'content-type': type, 'cache-control': 'no-cache', vary: 'accept-encoding' }
  if (takesGzip(request)) response.writeHead(200, { ...base, 'content-encoding': 'gzip' }).end(gzip)
  else response.writeHead(200, base).end(gunzipSync(gzip))
}

function sendJson(request: IncomingMessage, response: ServerResponse, value: unknown): void {
  const text = JSON.stringify(value, safe)
  const base = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }
  if (takesGzip(request) && text.length > 4096) response.writeHead(200, { ...base, 'content-encoding': 'gzip' }).end(gzipSync(text, { level: 1 }))
  else response.writeHead(200, base).end(text)
}

/** Values that JSON has no word for are shown as text. */
function safe(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)) ? String(value) : value
}
