// The broker of test:sinks (localstack/kafka): topics of their own, and the contract's subject over it.
import { AsyncLocalStorage } from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import { Admin, Consumer, MessagesStreamModes } from '@platformatic/kafka'
import { kafkaTopic } from 'millrace/kafka'
import { openFaultyLink, type SinkProcess, type SinkRow, type SinkSubject, type SinkTarget } from 'millrace/testing'

export const PORT = Number(process.env['KAFKA_PORT'] ?? 19092)
const base = { clientId: 'test', bootstrapBrokers: [`127.0.0.1:${PORT}`] }

let topics = 0
/** Returns the name of a new topic. */
export async function newTopic(partitions = 2): Promise<string> {
  const topic = `t${Date.now()}-${process.pid}-${++topics}`
  const admin = new Admin(base)
  await admin.createTopics({ topics: [topic], partitions, replicas: 1 })
  await admin.close()
  return topic
}

export interface Read {
  readonly key: string | null
  readonly value: string | null
  readonly partition: number
}

/** Returns what somebody sees who reads committed, partition by partition. */
export async function readTopic(topic: string): Promise<readonly Read[]> {
  const consumer = new Consumer({ ...base, groupId: `reader-${topic}-${Math.random()}`, autocommit: false })
  // Up to where readers may go: what lies behind is open.
  const ends = (await consumer.listOffsets({ topics: [topic], isolationLevel: 1 })).get(topic) ?? []
  const left = new Map(ends.flatMap((end, partition) => (end > 0n ? [[partition, end] as const] : [])))
  const found: Read[] = []
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, isolationLevel: 1, maxWaitTime: 100 })
  const done = Promise.withResolvers<void>()
  let quiet: NodeJS.Timeout | undefined
  const wait = (): void => {
    clearTimeout(quiet)
    // Control records are offsets that nobody sees: so the end is where nothing comes any more.
    quiet = setTimeout(() => done.resolve(), left.size === 0 ? 0 : 700)
  }
  wait()
  stream.on('data', ({ key, value, partition, offset }) => {
    found.push({ key: key === undefined || key === null ? null : String(key), value: value === undefined || value === null ? null : String(value), partition })
    if (offset + 1n >= (left.get(partition) ?? 0n)) left.delete(partition)
    wait()
  })
  await done.promise
  await stream.close().catch(() => {})
  await consumer.close(true).catch(() => {})
  return found
}

/** A broker tells its clients where it is. So who shall come through a faulty link is redirected where it connects: by the way on which it was asked. */
const redirected = new AsyncLocalStorage<number>()
const connect = net.createConnection
net.createConnection = ((options: net.NetConnectOpts, ...more: never[]) => {
  const port = redirected.getStore()
  const to = port !== undefined && 'port' in options && options.port === PORT ? { ...options, port } : options
  return connect(to, ...more)
}) as typeof net.createConnection
syncBuiltinESMExports()

/** The contract's subject. */
export const subject: SinkSubject = {
  keeps: 'all',
  guarantee: 'exactly-once',
  target: async (): Promise<SinkTarget> => {
    const topic = await newTopic()
    return {
      open: async ({ fault, name } = {}): Promise<SinkProcess> => {
        const link = await openFaultyLink({ host: '127.0.0.1', port: PORT }, fault)
        const sink = kafkaTopic<SinkRow>({ brokers: [`127.0.0.1:${PORT}`], topic, ...(name === undefined ? {} : { name }) })
        return {
          sink: {
            ...sink,
            open: () => redirected.run(link.port, async () => sink.open?.()),
            write: (rows, batch) => redirected.run(link.port, () => sink.write(rows, batch)),
          },
          reached: link.reached,
          resume: link.resume,
          close: link.close,
        }
      },
      read: async () => (await readTopic(topic)).map(({ key, value }): SinkRow => [key ?? '', Number(value)]),
    }
  },
}
