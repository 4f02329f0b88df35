// A cold start from the bundle that is deployed: from the import to the first commit. node bench/cold-start.ts BUNDLE runs once and prints JSON.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { kinesisEvent } from './kinesis-event.ts'
import { logLines } from './lines.ts'
import { median } from './measure.ts'
import { table } from './table.ts'

const PROCESSES = 5
const RECORDS = [1, 1_000] as const
const STREAM_ARN = 'arn:aws:kinesis:us-east-1:111122223333:stream/lines'

interface Times {
  readonly importMs: number
  readonly firstMs: number
  readonly secondMs: number
}

/** Prints medians over fresh processes. The stores answer at once, from another process of this machine: on AWS their latencies are added. */
export async function coldStart(): Promise<void> {
  // Imported here: it brings the CDK with it, which nothing else in bench/ needs.
  const { writeBundle } = await import('../lib/cdk/bundle.ts')
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cold-'))
  const stores = await openStores()
  try {
    writeBundle(join(import.meta.dirname, '..', 'functions', 'word-count.ts'), 'receive', folder)
    const file = join(folder, 'index.mjs')
    const rows: string[][] = []
    for (const records of RECORDS) {
      const runs: Times[] = []
      for (let i = 0; i < PROCESSES; i++) runs.push(await start(file, records, stores.port))
      const of = (pick: (times: Times) => number): string => `${median(runs.map(pick)).toFixed(0)} ms`
      rows.push([`word-count, ${records} records`, of((t) => t.importMs), of((t) => t.firstMs), of((t) => t.secondMs)])
    }
    assert.ok(stores.puts() >= 2 * RECORDS.length * PROCESSES, 'an invocation committed nothing')
    const size = `${(statSync(file).size / 1_000).toFixed(0)} kB with the SDK`
    console.log(`Cold start of the receive function from its bundle (${size}; medians of ${PROCESSES} processes, Node's own start not counted)`)
    console.log(table(['', 'import', 'first event, committed', 'second'], rows))
  } finally {
    stores.server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function start(file: string, records: number, port: number): Promise<Times> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=millrace-source', import.meta.filename, file, String(records)], {
    env: {
      PATH: process.env['PATH'],
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      MILLRACE_JOB: 'bench',
      MILLRACE_FUNCTION: 'receive',
      MILLRACE_TABLE: 'table',
      MILLRACE_BUCKET: 'bucket',
      MILLRACE_STREAMS: JSON.stringify({ lines: STREAM_ARN }),
      MILLRACE_TICKS_QUEUE_URL: `http://127.0.0.1:${port}/123456789012/ticks`,
      MILLRACE_DEPLOY: '1',
      MILLRACE_BATCHING_WINDOW_SECONDS: '1',
      MILLRACE_RETENTION_SECONDS: '2592000',
      MILLRACE_TASK_TIMEOUT_SECONDS: '120',
    },
  })
  // The function's own log lines come first.
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Times
}

/** DynamoDB without items and SQS without readers: every put is the first. */
async function openStores(): Promise<{ readonly server: Server; readonly port: number; puts(): number }> {
  let puts = 0
  const answer = (request: IncomingMessage, body: string, response: ServerResponse): void => {
    const target = String(request.headers['x-amz-target'] ?? request.method)
    if (target.endsWith('.PutItem')) puts++
    const result = target.endsWith('.Query')
      ? { Items: [], Count: 0 }
      : target.endsWith('.SendMessage')
        ? {
            MessageId: '1',
            MD5OfMessageBody: createHash('md5')
              .update((JSON.parse(body) as { readonly MessageBody: string }).MessageBody)
              .digest('hex'),
          }
        : {}
    response.setHeader('content-type', 'application/x-amz-json-1.0')
    response.end(target === 'PUT' ? '' : JSON.stringify(result))
  }
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => answer(request, Buffer.concat(parts).toString(), response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port, puts: () => puts }
}

async function child(file: string, records: number): Promise<void> {
  const seconds = Math.floor(Date.now() / 1_000) - 1
  const events = [0, 1].map((i) => kinesisEvent(logLines(records, i), seconds, i * records))
  const context = { getRemainingTimeInMillis: (): number => 30_000 }
  const from = process.hrtime.bigint()
  const { handler } = (await import(pathToFileURL(file).href)) as {
    handler(event: unknown, context: unknown): Promise<{ readonly batchItemFailures: unknown[] }>
  }
  const importMs = since(from)
  const times: number[] = []
  for (const event of events) {
    const begun = process.hrtime.bigint()
    assert.deepEqual(await handler(event, context), { batchItemFailures: [] })
    times.push(since(begun))
  }
  const result: Times = { importMs, firstMs: times[0] ?? Number.NaN, secondMs: times[1] ?? Number.NaN }
  console.log(JSON.stringify(result))
  process.exit(0) // connections are kept
}

function since(from: bigint): number {
  return Number(process.hrtime.bigint() - from) / 1e6
}

if (process.argv[1] === import.meta.filename) await child(process.argv[2] ?? '', Number(process.argv[3]))
