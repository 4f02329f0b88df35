import type { IncomingMessage } from 'node:http'
import { createHash } from 'node:crypto'

/** Names under which this machine calls itself: any other one is another web page's trick to reach it (DNS rebinding). The port may be a tunnel's. */
const HOSTS: readonly string[] = ['127.0.0.1', 'localhost', '[::1]']

export interface Refusal {
  readonly status: number
  readonly why: string
}

/** Returns why a request gets no answer; undefined: it does. */
export function refusalOf({ method, url = '/', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): Refusal | undefined {
  const host = (headers.host ?? '').replace(/:\d+$/, '')
  if (!HOSTS.includes(host)) return { status: 421, why: `this page is at 127.0.0.1 and not at '${host.slice(0, 100)}'` }
  if (method !== 'GET') return { status: 405, why: 'this page only shows: it answers to GET' }
  // What another web page lets a browser load must cost nothing and tell nothing.
  if (isData(url) && headers['sec-fetch-site'] !== 'same-origin')
    return { status: 403, why: 'this answers to its own page alone (Sec-Fetch-Site: same-origin)' }
  return undefined
}

function isData(url: string): boolean {
  return url.startsWith('/api/') || url === '/events' || url.startsWith('/events?')
}

/** Returns the headers of every answer. `inline`: the one script that stands in the page. */
export function guardHeaders(inline: string): Readonly<Record<string, string>> {
  const hash = createHash('sha256').update(inline).digest('base64')
  return {
    'content-security-policy': `default-src 'self'; script-src 'self' 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
  }
}
