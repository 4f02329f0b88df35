import { Admin, FindCoordinatorKeyTypes, Producer, type Consumer } from '@platformatic/kafka'
import type { SinkBatch } from '../../dstream/sink.ts'
import { describeError } from '../../values/describe-error.ts'
import { MillraceError } from '../../values/errors.ts'

interface Message {
  readonly key?: Buffer
  /** Left out: a tombstone. */
  readonly value?: Buffer
}

interface TopicWriterOptions {
  /** For errors. */
  readonly who: string
  readonly name: string
  readonly topic: string
  readonly brokers: readonly string[]
  readonly client: object
}

/** Of one request: a partition's messages are one batch there, of which a broker takes 1 MiB. */
const MAX_REQUEST_BYTES = 900_000
/** Every transaction but the first of a producer meets the end of the one before once (CONCURRENT_TRANSACTIONS): the client's own pause is 1 s. */
const RETRY_MS = 20
const RETRIES = 50
/** So long a transaction that nobody goes on with keeps readers waiting. */
const TIMEOUT_MS = 15_000
/** The topic's partition under which a batch's time is an offset. */
const PARTITION = 0

/** Writes batches into a topic: a transaction each, with the batch's time as an offset of the group that is named like it. */
export class TopicWriter {
  readonly #options: TopicWriterOptions
  readonly #admin: Admin
  /** By transactional id. Who opens one ends those before it, wherever they are. */
  readonly #producers = new Map<string, Producer>()
  /** Batches of one transactional id take turns. */
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(options: TopicWriterOptions) {
    this.#options = options
    this.#admin = new Admin(this.#client('admin'))
  }

  #client(id: string): { clientId: string; bootstrapBrokers: string[]; retryDelay: number; retries: number; timeout: number } {
    const { brokers, client } = this.#options
    return { clientId: `millrace-${id}`, bootstrapBrokers: [...brokers], retryDelay: RETRY_MS, retries: RETRIES, timeout: TIMEOUT_MS, ...client }
  }

  /** Looks whether the topic is there. */
  async prepare(): Promise<void> {
    const { who, topic } = this.#options
    try {
      const { topics } = await this.#admin.metadata({ topics: [topic] })
      if (topics.get(topic) === undefined) throw new Error('there is no such topic')
    } catch (cause) {
      throw new MillraceError('STORE_FAILED', `${who}: topic ${topic} cannot be used: ${why(cause)}; make the topic before, and look at the brokers`, { cause })
    }
  }

  async write(messages: readonly Message[], batch: SinkBatch): Promise<void> {
    const { job, run, partition, partitions } = batch
    const id = [job, run, this.#options.name, partitions, partition].join('/')
    const mine = (this.#turns.get(id) ?? Promise.resolve()).then(() => this.#writeOnce(id, messages, batch))
    this.#turns.set(
      id,
      mine.catch(() => {}),
    )
    return mine
  }

  async #writeOnce(id: string, messages: readonly Message[], { time, signal }: SinkBatch): Promise<void> {
    signal.throwIfAborted()
    const producer = this.#producers.get(id) ?? this.#open(id)
    const abort = (): void => void this.#drop(id, producer)
    signal.addEventListener('abort', abort)
    try {
      // First the transactional id is taken, which ends what another process had begun; then the offset is read, and it stays as it is until this transaction ends or is ended.
      const transaction = await producer.beginTransaction()
      if ((await this.#newest(id)) >= time.milliseconds) {
        await transaction.cancel()
        return
      }
      for (const some of requests(messages)) await transaction.send({ messages: some.map((message) => ({ ...message, topic: this.#options.topic })) })
      const group = await this.#group(id)
      await transaction.addConsumer(group)
      // What is committed is the offset behind the message's.
      const marker = { topic: this.#options.topic, partition: PARTITION, offset: BigInt(time.milliseconds) - 1n, metadata: { consumer: group } }
      await transaction.addOffset(marker as unknown as Parameters<typeof transaction.addOffset>[0])
      await transaction.commit()
    } catch (cause) {
      // Whatever has become of the transaction, who takes its id next ends it.
      await this.#drop(id, producer)
      signal.throwIfAborted()
      throw new MillraceError('STORE_FAILED', `${this.#options.who}: ${why(cause)}`, { cause })
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  #open(transactionalId: string): Producer {
    // -1: the broker says which id and epoch. With the client's own 0 a second process is refused at once.
    const producer = new Producer({ ...this.#client('sink'), transactionalId, idempotent: true, producerId: -1n, producerEpoch: -1 })
    this.#producers.set(transactionalId, producer)
    return producer
  }

  async #drop(id: string, producer: Producer): Promise<void> {
    if (this.#producers.get(id) === producer) this.#producers.delete(id)
    await producer.close(true).catch(() => {})
  }

  /** The newest batch time that is committed; -1: none is. */
  async #newest(groupId: string): Promise<number> {
    const { topic } = this.#options
    const groups = await this.#admin.listConsumerGroupOffsets({
      groups: [{ groupId, topics: [{ name: topic, partitionIndexes: [PARTITION] }] }],
      requireStable: true,
    })
    const found = groups.find((group) => group.groupId === groupId)?.topics.find(({ name }) => name === topic)?.partitions[0]
    return Number(found?.committedOffset ?? -1n)
  }

  /** What a transaction takes for a consumer: a group without members, in which anybody may commit. */
  async #group(groupId: string): Promise<Consumer> {
    const [coordinator] = await this.#admin.findCoordinator({ keyType: FindCoordinatorKeyTypes.GROUP, keys: [groupId] })
    return { groupId, generationId: -1, memberId: '', coordinatorId: coordinator?.nodeId } as unknown as Consumer
  }
}

function requests(messages: readonly Message[]): readonly (readonly Message[])[] {
  const all: Message[][] = []
  let room = 0
  for (const message of messages) {
    const bytes = (message.key?.length ?? 0) + (message.value?.length ?? 0) + 100
    if (room < bytes) {
      all.push([])
      room = Math.max(MAX_REQUEST_BYTES, bytes)
    }
    room -= bytes
    all.at(-1)?.push(message)
  }
  return all
}

/** The client's errors hold what the broker said. */
function why(error: unknown): string {
  const { errors } = error as { readonly errors?: readonly unknown[] }
  const inner = (errors ?? []).map((one) => describeError(one).message)
  return [describeError(error).message, ...new Set(inner)].join(': ')
}
