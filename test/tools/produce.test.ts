import { KinesisClient } from '@aws-sdk/client-kinesis'
import { describe, expect, it } from 'vitest'
import { Producer } from '../../lib/aws/producer.ts'
import { produceLines, type ProduceStatus } from '../../lib/tools/produce-lines.ts'
import { formatProduced, formatProduceStatus, ProduceView } from '../../lib/tools/produce-view.ts'
import { STUB_CONFIG, stubHttp } from '../aws/stub-http.ts'

async function produce(
  chunks: readonly (readonly string[])[],
  options: { keyField?: string; rate?: number } = {},
): Promise<{ keys: string[]; requests: number[]; seen: ProduceStatus[] }> {
  const keys: string[] = []
  const requests: number[] = []
  const client = new KinesisClient({
    ...STUB_CONFIG,
    requestHandler: stubHttp(({ body }) => {
      if (body['Records'] === undefined) return { body: { StreamDescriptionSummary: { OpenShardCount: 4 } } }
      const records = body['Records'] as { PartitionKey: string }[]
      keys.push(...records.map(({ PartitionKey }) => PartitionKey))
      requests.push(records.length)
      return { body: { Records: records.map((_, i) => ({ SequenceNumber: `${i}`, ShardId: 'shardId-0' })) } }
    }),
  })
  const { keyField, rate } = options
  const producer = new Producer({
    stream: 'lines',
    client,
    clock: { now: () => 0, sleep: async () => {} },
    ...(rate === undefined ? {} : { recordsPerSecond: rate }),
  })
  const lines = async function* (): AsyncGenerator<readonly Uint8Array[]> {
    for (const chunk of chunks) yield chunk.map((line) => Buffer.from(line))
  }
  const seen: ProduceStatus[] = []
  let nowMs = 0
  for await (const status of produceLines(producer, { stream: 'lines', recordsInAll: undefined, lines: lines() }, { keyField, rate, now: () => (nowMs += 10) }))
    seen.push(status)
  return { keys, requests, seen }
}

describe('lines', () => {
  it('are put as they come, each with a key of its own', async () => {
    const { keys, requests, seen } = await produce([['a', 'b'], ['c'], Array.from({ length: 600 }, () => 'd')])
    expect(keys).toEqual(Array.from({ length: 603 }, (_, i) => String(i)))
    expect(requests).toEqual([2, 1, 500, 100])
    expect(seen.map(({ records }) => records)).toEqual([2, 3, 503, 603, 603])
    expect(seen.at(-1)).toMatchObject({ stream: 'lines', retried: 0, shards: ['shardId-0'] })
  })

  it('have the key that a field says; those without it their own', async () => {
    const { keys } = await produce([['{"user":"u1"}', '{"user":2}', 'no json', '{}', '{"user":""}']], { keyField: 'user' })
    expect(keys).toEqual(['u1', '2', '2', '3', '4'])
  })

  it('are told of often, where they are put slowly', async () => {
    expect((await produce([Array.from({ length: 9 }, () => 'a')], { rate: 4 })).seen.map(({ records }) => records)).toEqual([4, 8, 9, 9])
  })

  it('may be none', async () => {
    expect((await produce([])).seen).toMatchObject([{ records: 0, shards: [] }])
  })
})

const STATUS: ProduceStatus = { stream: 'lines', records: 2_900, recordsInAll: 5_000, bytes: 1, retried: 12, shards: ['a', 'b', 'c'], elapsedMs: 2_000 }

describe('how far it is', () => {
  it.each<[what: string, all: readonly ProduceStatus[], bar: boolean, line: string]>([
    ['a bar', [STATUS], true, ' 5 000 records ▕█████     ▏  58 %   2 900 put   1 450 rec/s   12 retried'],
    ['a line', [STATUS], false, ' 5 000 records  58 %   2 900 put   1 450 rec/s   12 retried'],
    ['an input without an end', [{ ...STATUS, recordsInAll: undefined }], true, ' 2 900 put   1 450 rec/s   12 retried'],
    ['two streams', [STATUS, { ...STATUS, stream: 'b', elapsedMs: 1_000 }], false, ' 10 000 records  58 %   5 800 put   2 900 rec/s   24 retried'],
    ['nothing', [{ ...STATUS, records: 0, recordsInAll: 0, elapsedMs: 0, retried: 0 }], true, ' 0 records ▕██████████▏ 100 %   0 put   0 rec/s   0 retried'],
  ])('is shown as %s', (_what, all, bar, line) => {
    expect(formatProduceStatus(all, { bar })).toBe(line)
  })

  it.each<[change: Partial<ProduceStatus>, line: string]>([
    [{ records: 5_000, elapsedMs: 11_200, retried: 0 }, '5 000 records in 11 s, 3 shards, 0 retried'],
    [{ records: 1, elapsedMs: 250, retried: 1_000, shards: ['a'] }, '1 record in 0.3 s, 1 shard, 1 000 retried'],
  ])('ends with %j', (change, line) => {
    expect(formatProduced({ ...STATUS, ...change })).toBe(line)
  })

  it('is drawn over and over in a terminal, and taken away', () => {
    const written: string[] = []
    let nowMs = 0
    const view = new ProduceView({ write: (text) => written.push(text), isTTY: true, columns: 20 }, () => nowMs)
    view.update(STATUS)
    nowMs = 100
    view.update(STATUS)
    nowMs = 150
    view.update(STATUS)
    view.end()
    expect(written).toEqual(['\r\u001b[2K 5 000 records ▕███', '\r\u001b[2K'])
  })

  it('is a line now and then elsewhere', () => {
    const written: string[] = []
    let nowMs = 0
    const view = new ProduceView({ write: (text) => written.push(text) }, () => nowMs)
    for (nowMs = 0; nowMs <= 12_000; nowMs += 1_000) view.update(STATUS)
    view.end()
    expect(written).toHaveLength(2)
    expect(written[0]).toMatch(/^ 5 000 records {2}58 %.*\n$/)
  })
})
