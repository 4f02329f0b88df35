import { get } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LogBatches } from '../../lib/tools/log-batches.ts'
import { MemoryLog } from '../../lib/runtime/ports/memory-log.ts'
import { MemoryObjects } from '../../lib/runtime/ports/memory-objects.ts'
import { MemoryProgress } from '../../lib/runtime/ports/memory-progress.ts'
import { guardHeaders, refusalOf } from '../../lib/ui/guard.ts'
import { assets } from '../../lib/ui/assets.ts'
import { servePage, type ServedPage } from '../../lib/ui/serve-page.ts'
import type { ViewedJob } from '../../lib/ui/viewed-job.ts'

describe('a request', () => {
  const own = { host: '127.0.0.1:4040', 'sec-fetch-site': 'same-origin' }
  it.each([
    ['the page', 'GET', '/', { host: '127.0.0.1:4040' }, undefined],
    ['the page through a tunnel', 'GET', '/', { host: 'localhost:9999' }, undefined],
    ['data, by the page itself', 'GET', '/api/job', own, undefined],
    ['another name of this machine', 'GET', '/', { host: 'evil.example:4040' }, 421],
    ['no name', 'GET', '/', {}, 421],
    ['another method', 'POST', '/api/job', own, 405],
    ['data, by another web page', 'GET', '/api/job', { ...own, 'sec-fetch-site': 'cross-site' }, 403],
    ['data, by an address bar', 'GET', '/api/job', { ...own, 'sec-fetch-site': 'none' }, 403],
    ['data, by who does not say', 'GET', '/api/job', { host: '127.0.0.1' }, 403],
    ['events, by another web page', 'GET', '/events', { ...own, 'sec-fetch-site': 'same-site' }, 403],
  ] as const)('for %s', (_name, method, url, headers, status) => {
    expect(refusalOf({ method, url, headers })?.status).toBe(status)
  })

  it('is answered with a policy that lets in nothing from elsewhere', () => {
    expect(guardHeaders('{}')['content-security-policy']).toBe(
      "default-src 'self'; script-src 'self' 'sha256-RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o='; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    )
  })
})

describe('the page', () => {
  const ports = { log: new MemoryLog(), progress: new MemoryProgress(), objects: new MemoryObjects() }
  const job: ViewedJob = {
    outputPrefix: '',
    head: () => ({
      job: 'j',
      kind: 'deployed',
      intervalMs: 1000,
      wallIntervalMs: 1000,
      noClock: null,
      state: 'running',
      error: null,
      startedMs: null,
      commands: { goOn: null, skip: null, retry: null, pause: null, resume: null, status: null, dead: null },
    }),
    program: () => null,
    nowMs: () => 0,
    look: (work) =>
      work({
        ports,
        batches: new LogBatches(ports),
        status: () => Promise.reject(new Error('nobody asks')),
        behind: () => Promise.resolve([]),
        totals: () => Promise.resolve(null),
        deadLetters: () => Promise.resolve(0),
      }),
  }
  let page: ServedPage
  beforeAll(async () => void (page = await servePage({ job })))
  afterAll(() => page.close())

  const ask = (path: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> =>
    new Promise((done, fail) => {
      get(`${page.url}${path}`, { headers }, (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => done({ status: response.statusCode ?? 0, text }))
      }).on('error', fail)
    })

  it('is under 60 kB compressed, in all', () => {
    const { html, files } = assets()
    const sizes = [html, ...files.values()].map(({ gzip }) => gzip.length)
    expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThan(60_000)
  })

  it('shows a job without a batch, and knows no batch', async () => {
    const same = { 'sec-fetch-site': 'same-origin' }
    const streaming = await ask('/api/streaming', same)
    expect(JSON.parse(streaming.text)).toMatchObject({ page: { newest: -1, batches: [] }, behind: { ms: null } })
    expect((await ask('/api/batches/7', same)).status).toBe(404)
    expect((await ask('/api/__proto__', same)).status).toBe(404)
    expect((await ask('/nothing')).status).toBe(404)
    expect((await ask('/api/job')).status).toBe(403)
  })
})
