// A receiver of one's own over a real HTTP server: read to its end, killed, failing, and gone on with.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { filesOf, runCli, startCli, type Ended } from './cli.ts'

const JOB = 'test/embedded/jobs/orders-api.ts'
const orders = (from: number, to: number): { id: number; cents: number }[] =>
  Array.from({ length: to - from }, (_, i) => ({ id: from + i + 1, cents: (from + i) * 3 }))

let folder: string
let server: Server
let table: { id: number; cents: number }[]
/** Answers this many requests with 503. */
let failures: number
/** ms */
let slowness: number
let requests: string[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-receiver-'))
  table = orders(0, 100)
  failures = 0
  slowness = 0
  requests = []
  server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
    requests.push(searchParams.get('after') ?? '')
    if (failures > 0) {
      failures--
      response.writeHead(503).end()
      return
    }
    const [after, limit] = [Number(searchParams.get('after')), Number(searchParams.get('limit'))]
    const page = table.filter(({ id }) => id > after).slice(0, limit)
    setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page)), slowness)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const env = (): NodeJS.ProcessEnv => ({ ORDERS_API: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
const args = (...more: readonly string[]): string[] => ['run', JOB, '--state', join(folder, 'state'), '--output', join(folder, 'out'), '--ui', 'off', ...more]
const run = (...more: readonly string[]): Promise<Ended> => runCli(args(...more), { env: env() })
/** What was written, by id. */
const written = (): readonly unknown[] =>
  [...filesOf(join(folder, 'out'))]
    .filter(([path]) => path.includes('part-'))
    .flatMap(([, text]) => text.split('\n').filter(Boolean))
    .map((line) => JSON.parse(line) as { id: number })
    .sort((a, b) => a.id - b.id)

describe('millrace run of a receiver', () => {
  it('with --until-end reads what there is, a page at a time, and ends with 0; --continue goes on from there', { timeout: 60_000 }, async () => {
    const first = await run('--until-end')
    expect(first, first.stderr).toMatchObject({ code: 0 })
    expect(written()).toEqual(orders(0, 100))
    expect(requests).toEqual(Array.from({ length: 15 }, (_, i) => String(i * 7)))
    table.push(...orders(100, 130))
    const second = await run('--continue', '--until-end')
    expect(second, second.stderr).toMatchObject({ code: 0 })
    expect(written()).toEqual(orders(0, 130))
  })

  it('killed at any moment goes on without losing or repeating a row', { timeout: 120_000 }, async () => {
    slowness = 60
    let kills = 0
    for (let i = 0; kills < 6 && i < 20; i++) {
      const child = startCli(args('--until-end'), { env: env() })
      const seen = requests.length
      while (requests.length < seen + 2 && child.process.exitCode === null) await sleep(5)
      await sleep(i * 7)
      if (child.process.exitCode === null && child.process.kill('SIGKILL')) kills++
      await child.ended
      if (child.process.exitCode === 0) break
    }
    expect(kills).toBeGreaterThan(1)
    const last = await run('--until-end')
    expect(last, last.stderr).toMatchObject({ code: 0 })
    expect(written()).toEqual(orders(0, 100))
  })

  it('is asked until it is stopped, tells of a failure, and takes what comes later', { timeout: 60_000 }, async () => {
    failures = 1
    const child = startCli(args(), { env: env() })
    while (requests.length < 17 && child.process.exitCode === null) await sleep(20)
    table.push(...orders(100, 103))
    const late = requests.length
    while (requests.length < late + 3 && child.process.exitCode === null) await sleep(20)
    child.process.kill('SIGINT')
    const { stdout, stderr } = await child.ended
    expect(`${stdout}${stderr}`).toMatch(/the receiver 'orders' failed, and is asked again: the API answered 503/)
    const last = await run('--until-end')
    expect(last, last.stderr).toMatchObject({ code: 0 })
    expect(written()).toEqual(orders(0, 103))
  })

  it('with --until-end fails where the API does, and has lost nothing', { timeout: 60_000 }, async () => {
    failures = 1
    const failed = await run('--until-end')
    expect(failed.code).not.toBe(0)
    expect(failed.stderr).toMatch(/the API answered 503/)
    expect(await run('--until-end')).toMatchObject({ code: 0 })
    expect(written()).toEqual(orders(0, 100))
  })

  it.each([
    [['--until-end', '--speed', '3'], /--speed: job 'orders-api' has the receiver 'orders'/],
    [['--until-end', '--start', '2026-01-01'], /--start: job 'orders-api' has the receiver/],
    [['--input', 'orders=-'], /is a receiverStream: .*takes no --input/],
  ])('refuses %j', async (more, message) => {
    expect(await run(...more)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) })
  })
})
