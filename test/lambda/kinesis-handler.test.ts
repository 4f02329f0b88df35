import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { defineJob, json, seconds, text } from '../../lib/index.ts'
import { kinesisHandler } from '../../lib/lambda/kinesis-handler.ts'
import { makeEngine } from '../runtime/engine.ts'

const job = defineJob({ name: 'words', batchInterval: seconds(10) }, (ssc) => {
  ssc
    .kinesisStream('lines', text())
    .mapToPair((word) => [word, 1])
    .reduceByKey((a, b) => a + b)
    .saveAsJsonFiles('counts')
})
const PLENTY = { getRemainingTimeInMillis: (): number => 60_000 }

interface Part {
  readonly value: string
  readonly sequenceNumber: string
  readonly shard?: string
  readonly base64?: boolean
}
const record = ({ value, sequenceNumber, shard = 'shardId-000', base64 = false }: Part) => ({
  kinesis: {
    kinesisSchemaVersion: '1.0',
    partitionKey: 'k',
    sequenceNumber,
    data: base64 ? value : Buffer.from(value).toString('base64'),
    approximateArrivalTimestamp: 1_000.5,
  },
  eventSource: 'aws:kinesis',
  eventVersion: '1.0',
  eventID: `${shard}:${sequenceNumber}`,
  eventName: 'aws:kinesis:record',
  eventSourceARN: 'arn:aws:kinesis:eu-central-1:123456789012:stream/lines',
})
const event = (...values: readonly string[]) => ({ Records: values.map((value, i) => record({ value, sequenceNumber: String(i + 1) })) })

describe('the handler of the receive function', () => {
  it("commits what it is given, under the stream's own name", async () => {
    const engine = makeEngine(job)
    expect(await kinesisHandler(engine.process())(event('a', 'b'), PLENTY)).toEqual({ batchItemFailures: [] })
    expect(await engine.entries('rec/lines/shardId-000')).toMatchObject([
      { kind: 'receiver', records: 2, maxTime: 1_000_000, last: { sequenceNumber: '2', index: 0 } },
    ])
  })

  it("takes the program's name of a stream, also through a consumer", async () => {
    const engine = makeEngine(job)
    const own = { Records: [{ ...record({ value: 'a', sequenceNumber: '1' }), eventSourceARN: 'arn:aws:kinesis:eu:1:stream/Generated-Name/consumer/c:1' }] }
    await kinesisHandler(engine.process(), { streamOf: (arn) => (arn.endsWith('stream/Generated-Name') ? 'lines' : arn) })(own, PLENTY)
    expect(await engine.entries('rec/lines/shardId-000')).toHaveLength(1)
  })

  it('hands back what there is no time for, from the first record on', async () => {
    const engine = makeEngine(job)
    const runtime = engine.process()
    const values = Array.from({ length: 200 }, (_, i) => `w${i}`)
    const all = event(...values)
    const { batchItemFailures } = await kinesisHandler(runtime)(all, { getRemainingTimeInMillis: () => 9_000 })
    expect(batchItemFailures).toEqual([{ itemIdentifier: '65' }])
    // Lambda delivers from there on.
    const rest = { Records: all.Records.slice(64) }
    expect(await kinesisHandler(runtime)(rest, PLENTY)).toEqual({ batchItemFailures: [] })
    await engine.runTo(runtime, 1_060_000)
    const lines = (await engine.text('counts-1010000/part-00000'))!.trim().split('\n')
    expect(lines.sort()).toEqual(values.map((value) => JSON.stringify([value, 1])).sort())
    expect((await engine.entries('rec/lines/shardId-000')).map((e) => 'records' in e && e.records)).toEqual([64, 136])
  })

  it('goes on in the middle of an aggregate', async () => {
    const engine = makeEngine(job)
    const runtime = engine.process()
    const made = JSON.parse(readFileSync(new URL('../fixtures/kpl/aggregates.json', import.meta.url), 'utf8')) as readonly {
      readonly blob: string
      readonly records: readonly { readonly data: string }[]
    }[]
    const big = made.find((m) => m.records.length > 64)!
    const all = {
      Records: [
        record({ value: 'first', sequenceNumber: '1' }),
        record({ value: big.blob, sequenceNumber: '2', base64: true }),
        record({ value: 'last', sequenceNumber: '3' }),
      ],
    }
    expect(await kinesisHandler(runtime)(all, { getRemainingTimeInMillis: () => 1 })).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] })
    expect(await engine.entries('rec/lines/shardId-000')).toMatchObject([{ records: 64, last: { sequenceNumber: '2', index: 62 } }])
    // A cold process, and the aggregate whole again.
    expect(await kinesisHandler(engine.process())({ Records: all.Records.slice(1) }, PLENTY)).toEqual({ batchItemFailures: [] })
    expect(await engine.entries('rec/lines/shardId-000')).toMatchObject([{}, { records: big.records.length + 2 - 64, last: { sequenceNumber: '3', index: 0 } }])
    await engine.runTo(runtime, 1_060_000)
    const counts = (await engine.text('counts-1010000/part-00000'))!
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as [string, number])[1])
    expect(counts.reduce((a, b) => a + b)).toBe(big.records.length + 2)
  })

  it('does nothing with no records', async () => {
    const engine = makeEngine(job)
    expect(await kinesisHandler(engine.process())({ Records: [] }, PLENTY)).toEqual({ batchItemFailures: [] })
    expect([...engine.ports.log.entries()]).toEqual([])
  })

  const good = record({ value: 'a', sequenceNumber: '1' })
  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /without Records: undefined/],
    ['null', null, /without Records: null/],
    ['a list', [], /without Records: \[\]/],
    ['a text', 'x', /without Records: "x"/],
    ['an event of a timer', { source: 'aws.events', detail: {} }, /without Records/],
    ['an event of SQS', { Records: [{ eventSource: 'aws:sqs', body: '{}', messageId: 'm' }] }, /an event of "aws:sqs"/],
    ['an event of SNS', { Records: [{ EventSource: 'aws:sns', Sns: {} }] }, /an event of "aws:sns"/],
    ['an event of DynamoDB Streams', { Records: [{ eventSource: 'aws:dynamodb', eventID: '1' }] }, /an event of "aws:dynamodb"/],
    ['no record', { Records: [null] }, /an unknown service/],
    [
      'records of two shards',
      { Records: [good, record({ value: 'b', sequenceNumber: '2', shard: 'shardId-001' })] },
      /two shards in one event: shardId-000:1 and shardId-001:2/,
    ],
    [
      'a record without data',
      { Records: [{ ...good, kinesis: { ...good.kinesis, data: undefined } }] },
      /without data, sequence number, partition key or arrival time: shardId-000:1/,
    ],
    ['a record without its part', { Records: [good, { ...good, kinesis: undefined }] }, /without data/],
    ['a record without its id', { Records: [good, { ...good, eventID: undefined }] }, /two shards in one event/],
    ['a record without arrival time', { Records: [{ ...good, kinesis: { ...good.kinesis, approximateArrivalTimestamp: undefined } }] }, /arrival time/],
    ['a record without partition key', { Records: [{ ...good, kinesis: { ...good.kinesis, partitionKey: undefined } }] }, /partition key/],
    ['a sequence number that is none', { Records: [{ ...good, kinesis: { ...good.kinesis, sequenceNumber: '' } }] }, /sequence number/],
  ])('refuses %s, and commits nothing', async (_, bad, message) => {
    const engine = makeEngine(job)
    await expect(kinesisHandler(engine.process())(bad, PLENTY)).rejects.toMatchObject({ code: 'BAD_EVENT', message: expect.stringMatching(message) })
    expect([...engine.ports.log.entries()]).toEqual([])
  })

  it('refuses a stream that the job does not read, and says what to do', async () => {
    const engine = makeEngine(job)
    const other = { Records: [{ ...good, eventSourceARN: 'arn:aws:kinesis:eu:1:stream/others' }] }
    await expect(kinesisHandler(engine.process())(other, PLENTY)).rejects.toMatchObject({
      code: 'BAD_EVENT',
      message: expect.stringMatching(/'others' came to job 'words', which reads 'lines'; remove/),
    })
    expect([...engine.ports.log.entries()]).toEqual([])
  })

  it('says that more is waiting when an event is as large as they get', async () => {
    const engine = makeEngine(
      defineJob({ name: 'j', batchInterval: seconds(10) }, (ssc) =>
        ssc
          .kinesisStream('lines', json())
          .map(() => 1)
          .saveAsJsonFiles('o'),
      ),
    )
    const handler = kinesisHandler(engine.process())
    const many = Array.from({ length: 10_000 }, (_, i) => ({ ...record({ value: '1', sequenceNumber: String(i + 1) }) }))
    await handler({ Records: many }, PLENTY)
    await handler({ Records: [{ ...record({ value: '1', sequenceNumber: '10001' }) }] }, PLENTY)
    expect((await engine.entries('rec/lines/shardId-000')).map((e) => 'behind' in e && e.behind)).toEqual([true, false])
  })
})
