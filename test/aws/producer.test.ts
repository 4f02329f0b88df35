import { KinesisClient } from '@aws-sdk/client-kinesis'
import { describe, expect, it } from 'vitest'
import { Producer, type ProducerRecord } from '../../lib/aws/producer.ts'
import { STUB_CONFIG, stubHttp } from './stub-http.ts'

interface Put {
  readonly atMs: number
  readonly stream: string
  readonly records: readonly { readonly data: string; readonly key: string }[]
}

interface World {
  readonly producer: Producer
  readonly puts: Put[]
  readonly clock: { nowMs: number }
  described: number
}

interface Options {
  readonly stream?: string
  readonly rate?: number
  readonly shards?: number
  readonly maxRecordKib?: number
  /** Whether the shard refuses a record, by its text and the number of the request. */
  readonly refuses?: (data: string, request: number) => boolean
}

function world({ stream = 'lines', rate, shards = 2, maxRecordKib, refuses = () => false }: Options = {}): World {
  const clock = { nowMs: 0 }
  const puts: Put[] = []
  const client = new KinesisClient({
    ...STUB_CONFIG,
    requestHandler: stubHttp(({ operation, body }) => {
      if (body['StreamName'] === 'nope') return { error: 'ResourceNotFoundException', body: { __type: 'ResourceNotFoundException', message: 'not found' } }
      if (operation === 'DescribeStreamSummary') {
        made.described++
        return { body: { StreamDescriptionSummary: { OpenShardCount: shards, ...(maxRecordKib === undefined ? {} : { MaxRecordSizeInKiB: maxRecordKib }) } } }
      }
      const records = (body['Records'] as { Data: string; PartitionKey: string }[]).map(({ Data, PartitionKey }) => ({
        data: Buffer.from(Data, 'base64').toString(),
        key: PartitionKey,
      }))
      puts.push({ atMs: clock.nowMs, stream: String(body['StreamName'] ?? body['StreamARN']), records })
      const answers = records.map(({ data }, i) =>
        refuses(data, puts.length)
          ? { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded for shard' }
          : { SequenceNumber: String(i), ShardId: `shardId-${i % shards}` },
      )
      return { body: { FailedRecordCount: answers.filter((one) => 'ErrorCode' in one).length, Records: answers } }
    }),
  })
  const made: World = {
    puts,
    clock,
    described: 0,
    producer: new Producer({
      stream,
      client,
      ...(rate === undefined ? {} : { recordsPerSecond: rate }),
      clock: { now: () => clock.nowMs, sleep: async (ms) => void (clock.nowMs += ms) },
    }),
  }
  return made
}

const lines = (n: number, bytes = 1): ProducerRecord[] => Array.from({ length: n }, (_, i) => ({ data: `${i}`.padEnd(bytes, '.'), partitionKey: 'k' }))
const sizes = ({ puts }: World): number[] => puts.map(({ records }) => records.length)

describe('a request', () => {
  it.each<[what: string, records: ProducerRecord[], shards: number, sizes: number[]]>([
    ['holds at most 500 records', lines(1_200), 10, [500, 500, 200]],
    ['holds what two shards take in half a second', lines(1_200), 2, [500, 500, 200]],
    ['holds what one shard takes in half a second, in bytes', lines(10, 200_000), 1, [2, 2, 2, 2, 2]],
    ['holds 10 MiB at most', lines(30, 1_000_000), 100, [10, 10, 10]],
    ['holds a large record alone', [...lines(1), ...lines(1, 1_000_000), ...lines(1)], 1, [1, 1, 1]],
    ['is not sent for nothing', [], 1, []],
  ])('%s', async (_what, records, shards, expected) => {
    const made = world({ shards })
    await made.producer.put(records)
    expect(sizes(made)).toEqual(expected)
    expect(made.puts.flatMap((put) => put.records.map(({ data }) => data))).toEqual(records.map(({ data }) => data))
    expect(made.producer.report.records).toBe(records.length)
  })

  it.each<[what: string, options: Options, lastAtMs: number]>([
    ['two shards take 2,000 a second', {}, 1_250],
    ['four shards take 4,000', { shards: 4 }, 625],
    ['as many as were asked for', { rate: 100 }, 29_500],
    ['no more than the shards take', { rate: 10_000, shards: 1 }, 2_500],
  ])('waits for its turn: %s', async (_what, options, lastAtMs) => {
    const made = world(options)
    await made.producer.put(lines(3_000))
    expect(made.puts.at(-1)?.atMs).toBeCloseTo(lastAtMs, 5)
  })

  it('names a stream by its name or its ARN', async () => {
    const arn = 'arn:aws:kinesis:us-east-1:111122223333:stream/lines'
    const [byName, byArn] = [world(), world({ stream: arn })]
    await Promise.all([byName, byArn].map(({ producer }) => producer.put(lines(1))))
    expect([byName.puts[0]?.stream, byArn.puts[0]?.stream]).toEqual(['lines', arn])
  })

  it.each<[what: string, key: string]>([
    ['empty', ''],
    ['too long', 'k'.repeat(257)],
  ])('refuses a key that is %s for that record alone', async (_what, key) => {
    const made = world()
    const records = ['a', 'b', 'c'].map((data) => ({ data, partitionKey: data === 'b' ? key : 'k' }))
    await expect(made.producer.put(records)).rejects.toMatchObject({
      code: 'BAD_VALUE',
      message: expect.stringMatching(
        /the first is record 2 of this put.* it must have 1 to 256 characters.* The 2 other records of this put are in the stream/,
      ),
    })
    expect(made.puts.flatMap((put) => put.records.map(({ data }) => data))).toEqual(['a', 'c'])
    await made.producer.put([{ data: 'd', partitionKey: 'k' }])
    expect(made.producer.report.records).toBe(3)
  })

  it('gives each record a key of its own where none is given', async () => {
    const made = world()
    await made.producer.put([{ data: 'a' }, { data: new Uint8Array([98]) }, { data: 'c', partitionKey: 'mine' }])
    const keys = made.puts.flatMap(({ records }) => records.map(({ key }) => key))
    expect(new Set(keys).size).toBe(3)
    expect(keys[2]).toBe('mine')
    expect(made.puts[0]?.records.map(({ data }) => data)).toEqual(['a', 'b', 'c'])
  })
})

describe('a record that a shard refuses', () => {
  it('is put again before the next, and counted', async () => {
    const made = world({ refuses: (data, request) => request <= 2 && Number(data) % 2 === 1 })
    await made.producer.put(lines(501))
    expect(sizes(made)).toEqual([500, 250, 250, 1])
    expect(made.producer.report).toMatchObject({ records: 501, retried: 500, shards: ['shardId-0', 'shardId-1'] })
    const taken = made.puts.flatMap(({ records }, i) => records.filter(({ data }) => !(i < 2 && Number(data) % 2 === 1)).map(({ data }) => data))
    expect(taken.map(Number).toSorted((a, b) => a - b)).toEqual(lines(501).map(({ data }) => Number(data)))
  })

  it('ends in an error when none gets through any more, with what is in the stream', async () => {
    const made = world({ refuses: (data) => data === '7' })
    await expect(made.producer.put(lines(8))).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(
        /stream lines refused 1 record 12 times \(ProvisionedThroughputExceededException: Rate exceeded for shard\).*The 7 records before are in the stream/,
      ),
    })
    expect(made.clock.nowMs).toBeGreaterThan(20_000)
    // The producer is not broken by it.
    await made.producer.put([{ data: 'next' }])
    expect(made.producer.report.records).toBe(8)
  })
})

describe('what cannot be put', () => {
  it.each<[what: string, options: Options, records: ProducerRecord[], message: RegExp]>([
    ['a stream that is not there', { stream: 'nope' }, lines(1), /there is no stream nope in us-east-1/],
    ['a record over 1 MiB', {}, lines(3, 1024 * 1024), /record 1 has 1048577 bytes with its partition key; stream lines takes 1048576 at most/],
    [
      'a record over what its stream says',
      { maxRecordKib: 2_048 },
      [...lines(1), ...lines(1, 2 ** 21)],
      /record 2 has .* takes 2097152 at most.*The 0 records/,
    ],
  ])('%s', async (_what, options, records, message) => {
    await expect(world(options).producer.put(records)).rejects.toThrow(message)
  })

  it('at a rate of nothing', () => {
    expect(() => new Producer({ stream: 'lines', recordsPerSecond: 0 })).toThrow(/recordsPerSecond is 0; it must be above 0/)
  })
})

it('puts of several calls follow one another, and the shards are counted now and then', async () => {
  const made = world({ rate: 10 })
  await Promise.all([made.producer.put(lines(3)), made.producer.put([{ data: 'last', partitionKey: 'k' }])])
  expect(made.puts.flatMap(({ records }) => records.map(({ data }) => data))).toEqual(['0', '1', '2', 'last'])
  expect(made.described).toBe(1)
  made.clock.nowMs += 60_000
  await made.producer.put(lines(1))
  expect(made.described).toBe(2)
})
