// The contract, over a real broker, and what a topic holds after a write.
import { kafkaTopic } from 'millrace/kafka'
import { sinkBatch } from 'millrace/testing'
import { describe, expect, it } from 'vitest'
import { sinkContract } from '../contract.ts'
import { newTopic, PORT, readTopic, subject } from './broker.ts'
import { script } from './script.ts'

const brokers = [`127.0.0.1:${PORT}`]

sinkContract('kafkaTopic', subject, 600_000)

describe('a topic', () => {
  it('has rows as JSON under their keys, those of a key in one partition and in their order', async () => {
    const topic = await newTopic(3)
    const sink = kafkaTopic({ brokers, topic })
    const rows = Array.from({ length: 3_000 }, (_, i) => [`k${i % 7}`, { i, text: 'ä'.repeat(100) }] as const)
    await sink.open?.()
    await sink.write(rows, sinkBatch({ n: 1 }))
    const read = await readTopic(topic)
    expect(read).toHaveLength(3_000)
    for (const key of new Set(rows.map(([k]) => k))) {
      const own = read.filter((one) => one.key === key)
      expect(new Set(own.map(({ partition }) => partition)).size).toBe(1)
      expect(own.map(({ value }) => JSON.parse(value!) as unknown)).toEqual(rows.filter(([k]) => k === key).map(([, value]) => value))
    }
  })

  it('has what value and key return, and tombstones', async () => {
    const topic = await newTopic(1)
    const sink = kafkaTopic<{ readonly id: number; readonly gone?: boolean }>({
      brokers,
      topic,
      key: ({ id }) => `${id}`,
      value: ({ id, gone }) => (gone === true ? null : new Uint8Array([65 + id])),
    })
    await sink.open?.()
    await sink.write([{ id: 1 }, { id: 2, gone: true }], sinkBatch({ n: 1 }))
    expect((await readTopic(topic)).map(({ key, value }) => [key, value])).toEqual([
      ['1', 'B'],
      ['2', null],
    ])
  })

  it('takes eight partitions of a job at once, with fewer of its own', async () => {
    const topic = await newTopic(2)
    const sink = kafkaTopic({ brokers, topic })
    await sink.open?.()
    for (const n of [1, 2])
      await Promise.all(Array.from({ length: 8 }, (_, partition) => sink.write([[`k${partition}`, n]], sinkBatch({ n, partition, partitions: 8 }))))
    expect((await readTopic(topic)).map(({ key, value }) => `${key} ${value}`).sort()).toEqual(
      Array.from({ length: 16 }, (_, i) => `k${i >> 1} ${(i % 2) + 1}`),
    )
  })

  it('that is not there is named', async () => {
    await expect(kafkaTopic({ brokers, topic: 'no-such-topic' }).open?.()).rejects.toThrow(
      /kafkaTopic 'no-such-topic': topic no-such-topic cannot be used: .*make the topic before/,
    )
  })

  it('is written to by the next attempt after the broker was killed', async () => {
    const topic = await newTopic(1)
    const sink = kafkaTopic({ brokers, topic })
    await sink.open?.()
    await sink.write([['a', 1]], sinkBatch({ n: 1 }))
    await script('stop', { KAFKA_SIGNAL: 'KILL' })
    await expect(sink.write([['b', 2]], sinkBatch({ n: 2 }))).rejects.toThrow(/kafkaTopic/)
    await script('start', { KAFKA_KEEP: '1' })
    for (let tries = 1; ; tries++) {
      try {
        await sink.write([['b', 2]], sinkBatch({ n: 2 }))
        break
      } catch (error) {
        if (tries === 20) throw error
      }
    }
    expect((await readTopic(topic)).map(({ key }) => key)).toEqual(['a', 'b'])
  })
})

describe('a sink is refused', () => {
  it.each<[string, object, RegExp]>([
    ['without a topic', { brokers }, /as its topic; a name is 1 to 249/],
    ['without brokers', { topic: 't', brokers: [] }, /its brokers are .*say \['host:9092', ...\]/],
  ])('%s', (_what, options, message) => {
    expect(() => kafkaTopic(options as never)).toThrow(message)
  })

  it('where the message is too large, before the commit', () => {
    expect(() => kafkaTopic({ brokers, topic: 't' }).check?.(['k', 'x'.repeat(1_000_000)])).toThrow(/the message has 1000003 bytes; at most 1000000/)
  })
})
