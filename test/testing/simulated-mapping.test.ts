import { describe, expect, it } from 'vitest'
import { parseKinesisEvent, type ShardRecords } from '../../lib/sources/kinesis/event.ts'
import { randomOf } from '../../lib/testing/random.ts'
import { SimulatedMapping, type MappingOptions, type Outcome } from '../../lib/testing/simulated-mapping.ts'
import { SimulatedStream } from '../../lib/testing/simulated-stream.ts'
import { VirtualTime } from '../../lib/testing/virtual-time.ts'

interface Setup {
  readonly time: VirtualTime
  readonly stream: SimulatedStream
  readonly mapping: SimulatedMapping
  /** What was delivered: shard and texts of each invocation. */
  readonly delivered: { readonly shard: string; readonly texts: readonly string[] }[]
  put(text: string, partitionKey?: string): void
}

const ok: Outcome = { response: { batchItemFailures: [] } }

function setup(options: Partial<MappingOptions> & { readonly shards?: number; readonly answer?: (event: ShardRecords, call: number) => Outcome } = {}): Setup {
  const time = new VirtualTime(0)
  const stream = new SimulatedStream('lines', options.shards ?? 1)
  const delivered: Setup['delivered'] = []
  const mapping = new SimulatedMapping({
    stream,
    time,
    random: randomOf(1),
    invoke: async (event) => {
      const parsed = parseKinesisEvent(event)
      delivered.push({ shard: parsed.shard, texts: parsed.records.map((r) => Buffer.from(r.data as string, 'base64').toString()) })
      await time.sleep(10)
      return options.answer?.(parsed, delivered.length) ?? ok
    },
    ...options,
  })
  return { time, stream, mapping, delivered, put: (text, partitionKey = 'k') => void stream.put(Buffer.from(text), { partitionKey, arrivalMs: time.now() }) }
}

describe('the simulated event source mapping', () => {
  it('delivers a shard in order, in batches of at most its size', async () => {
    const s = setup({ batchSize: 2 })
    for (const text of ['a', 'b', 'c']) s.put(text)
    s.mapping.kick()
    await s.time.runTo(60_000)
    expect(s.delivered.map((d) => d.texts)).toEqual([['a', 'b'], ['c']])
    expect(s.mapping.idle).toBe(true)
  })

  it('cuts an event at 6 MB of its JSON, and gives up on a record that alone is larger', async () => {
    const lost: string[] = []
    const s = setup({ onFailure: (_shard, records, reason) => lost.push(`${reason} ${records.length}`) })
    const large = 'x'.repeat(2_000_000)
    for (const text of [large, large, 'small', 'y'.repeat(5_000_000), 'after']) s.put(text)
    s.mapping.kick()
    await s.time.runTo(60_000)
    expect(s.delivered.map((d) => d.texts.map((t) => t.length))).toEqual([[2_000_000, 2_000_000, 5], [5]])
    expect(lost).toEqual(['PayloadTooLarge 1'])
  })

  it.each([
    {
      answer: 'the second record named',
      response: (event: ShardRecords): Outcome => ({ response: { batchItemFailures: [{ itemIdentifier: event.records[1]?.sequenceNumber ?? '' }] } }),
      again: [
        ['a', 'b', 'c'],
        ['b', 'c'],
      ],
    },
    {
      answer: 'a number of no record: complete failure',
      response: (): Outcome => ({ response: { batchItemFailures: [{ itemIdentifier: '1' }] } }),
      again: [
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
      ],
    },
    {
      answer: 'an error',
      response: (): Outcome => ({ error: 'boom' }),
      again: [
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
      ],
    },
  ])('delivers again what was not acknowledged: $answer', async ({ response, again }) => {
    const s = setup({ answer: (event, call) => (call === 1 ? response(event) : ok) })
    for (const text of ['a', 'b', 'c']) s.put(text)
    s.mapping.kick()
    await s.time.runTo(60_000)
    expect(s.delivered.map((d) => d.texts)).toEqual(again)
  })

  it('bisects a failing batch, and hands what it gives up on to the failure destination', async () => {
    const lost: string[] = []
    const s = setup({
      bisect: true,
      maxRetries: 3,
      answer: (event) => (event.records.some((r) => Buffer.from(r.data as string, 'base64').toString() === 'poison') ? { error: 'poison' } : ok),
      onFailure: (_shard, records) => lost.push(...records.map((r) => Buffer.from(r.data).toString())),
    })
    for (const text of ['a', 'b', 'poison', 'd']) s.put(text)
    s.mapping.kick()
    await s.time.runTo(600_000)
    expect(lost).toEqual(['poison'])
    expect(s.delivered.at(-1)?.texts).toEqual(['d'])
  })

  it('routes by the MD5 of the partition key or an explicit hash key; children come after their parents', async () => {
    const s = setup({ shards: 2, batchSize: 1 })
    s.stream.put(Buffer.from('low'), { partitionKey: 'k', explicitHashKey: '0', arrivalMs: 0 })
    s.stream.put(Buffer.from('low again'), { partitionKey: 'k', explicitHashKey: '1', arrivalMs: 0 })
    const [first] = s.stream.shards
    if (first === undefined) throw new Error('no shard')
    const children = s.stream.split(first)
    s.stream.put(Buffer.from('child'), { partitionKey: 'k', explicitHashKey: '2', arrivalMs: 0 })
    s.mapping.kick()
    await s.time.runTo(60_000)
    expect(s.delivered.map((d) => `${d.shard} ${d.texts.join()}`)).toEqual([
      'shardId-000000000000 low',
      'shardId-000000000000 low again',
      `${children[0]?.id} child`,
    ])
    const merged = s.stream.merge(children[0] ?? first)
    expect(merged?.parents.map((p) => p.id)).toEqual(children.map((c) => c.id))
    expect(
      s.stream.shards
        .filter((shard) => shard.open)
        .map((shard) => shard.to - shard.from + 1n)
        .reduce((a, b) => a + b),
    ).toBe(1n << 128n)
  })

  it.each([
    ['a', 0x0cc175b9c0f1b6a831c399e269772661n, 0],
    ['b', 0x92eb5ffee6ae2fec3ad71c777531578fn, 2],
    ['e', 0xe1671797c52e15f763380b45e841ec32n, 3],
  ] as const)('routes partition key %s by its MD5', (partitionKey, md5, place) => {
    const { shards } = new SimulatedStream('lines', 4)
    expect(shards.findIndex(({ from, to }) => from <= md5 && md5 <= to)).toBe(place)
    const stream = new SimulatedStream('lines', 4)
    expect(stream.put(Buffer.from('x'), { partitionKey, arrivalMs: 0 }).shard.id).toBe(shards[place]?.id)
  })

  it('gathers records for the batching window at most, and not at all once a batch is full', async () => {
    const s = setup({ batchingWindowMs: 5_000, batchSize: 3 })
    const at: number[] = []
    const watched = setup({
      batchingWindowMs: 5_000,
      batchSize: 3,
      answer: () => {
        at.push(watched.time.now())
        return ok
      },
    })
    watched.put('a')
    watched.mapping.kick()
    watched.put('b')
    watched.put('c')
    watched.mapping.kick()
    await watched.time.runTo(20)
    expect(watched.delivered.map((d) => d.texts)).toEqual([['a', 'b', 'c']])
    expect(at).toEqual([10])
    s.put('alone')
    s.mapping.kick()
    await s.time.runTo(5_000)
    expect(s.delivered.map((d) => d.texts)).toEqual([['alone']])
  })

  it('has one invocation of a shard in flight, and of several shards several', async () => {
    let [now, most] = [0, 0]
    const running = new Map<string, number>()
    const s: Setup = setup({
      shards: 4,
      batchSize: 1,
      batchingWindowMs: 0,
      invoke: async (event) => {
        const { shard } = parseKinesisEvent(event)
        running.set(shard, (running.get(shard) ?? 0) + 1)
        most = Math.max(most, ++now)
        expect(running.get(shard)).toBe(1)
        await s.time.sleep(1_000)
        running.set(shard, 0)
        now--
        return ok
      },
    })
    for (let i = 0; i < 40; i++) s.put(`${i}`, `p${i}`)
    s.mapping.kick()
    await s.time.runTo(120_000)
    expect(most).toBe(4)
    expect(s.mapping.idle).toBe(true)
  })

  it('delivers again from anywhere before, and keeps arrival times as they are, in order or not', async () => {
    let again = 1
    const s = setup({ redelivery: () => again-- > 0 })
    for (const [text, arrivalMs] of [
      ['a', 5_000],
      ['b', 1_000],
      ['c', 3_000],
    ] as const)
      s.stream.put(Buffer.from(text), { partitionKey: 'k', arrivalMs })
    s.mapping.kick()
    await s.time.runTo(60_000)
    expect(s.delivered.length).toBe(2)
    expect(['a', 'b', 'c'].slice(-(s.delivered[1]?.texts.length ?? 0))).toEqual(s.delivered[1]?.texts)
    expect(s.stream.shards[0]?.records.map((record) => record.arrivalMs)).toEqual([5_000, 1_000, 3_000])
  })

  it('delivers everything again when it is created anew', async () => {
    const s = setup()
    s.put('a')
    s.mapping.kick()
    await s.time.runTo(10_000)
    s.put('b')
    s.mapping.restart()
    await s.time.runTo(60_000)
    expect(s.delivered.map((d) => d.texts)).toEqual([['a'], ['a', 'b']])
  })
})
