// The engine in a simulated AWS: virtual time, warm processes taken at random, event source mappings and queues with AWS's delays. Nothing goes wrong here.
import { setImmediate } from 'node:timers/promises'
import type { Job } from 'millrace'
import { kinesisHandler, sqsHandler, type BatchResponse, type LambdaContext } from '../lib/lambda/index.ts'
import { serializeMessage } from '../lib/lambda/message-json.ts'
import { loadTables } from '../lib/program/load-tables.ts'
import { planJob } from '../lib/plan/plan-job.ts'
import { createRuntime } from '../lib/runtime/create-runtime.ts'
import { MemoryLog } from '../lib/runtime/ports/memory-log.ts'
import { MemoryObjects } from '../lib/runtime/ports/memory-objects.ts'
import type { Objects } from '../lib/runtime/ports/objects.ts'
import { MemoryProgress } from '../lib/runtime/ports/memory-progress.ts'
import type { Message } from '../lib/runtime/ports/messages.ts'
import type { Ports, RuntimeEvent, RuntimeSettings } from '../lib/runtime/runtime.ts'
import { defaultWindowMs } from '../lib/runtime/settings.ts'
import { kinesisEventOf, sqsEventOf } from '../lib/testing/kinesis-event-of.ts'
import { randomOf, type Random } from '../lib/testing/random.ts'
import { SimulatedStream, type SimulatedShard } from '../lib/testing/simulated-stream.ts'
import { VirtualTime } from '../lib/testing/virtual-time.ts'
import { POLL_MS, TICKS_WINDOW_MS, type Delays, type Span } from './delays.ts'

/** A multiple of every interval. */
export const START_MS = 1_764_000_000_000
const PROCESSES = 8
const MAX_EVENT_RECORDS = 10_000
const TIMEOUT_MS = 180_000

export interface AwsWorldOptions {
  readonly job: Job
  readonly seed: number
  readonly shards: number
  readonly delays: Delays
  /** @default that of the interval */
  readonly batchingWindowMs?: number
  /** Told of every object when it can be read. */
  readonly onObject?: (key: string, bytes: Uint8Array, atMs: number) => void
  readonly onEvent?: (event: RuntimeEvent) => void
  /** Instead of stores in memory; `send` still goes to this world's queues. */
  readonly stores?: Stores & { /** An object, without a request. */ look(key: string): Uint8Array | null }
  readonly settings?: Partial<RuntimeSettings>
  /** Of an invocation, besides its requests, ms. @default as the delays say */
  readonly computeMs?: Readonly<Record<'receive' | 'run', number>>
  /** Instead of handlers in this process: real ones, which take no virtual time. */
  readonly handlers?: Readonly<Record<'receive' | 'run', readonly ((event: unknown, nowMs: number) => Promise<BatchResponse>)[]>>
}

type Stores = Pick<Ports, 'log' | 'progress' | 'objects' | 'messages'>

/** What Lambda bills of a function. */
export interface Billed {
  invocations: number
  ms: number
}

type Handler = (event: unknown, context: LambdaContext) => Promise<BatchResponse>

/** A stream, the two functions and their stores. */
export class AwsWorld {
  readonly time = new VirtualTime(START_MS)
  readonly random: Random
  readonly stream: SimulatedStream
  readonly objects: Objects
  readonly billed: Readonly<Record<'receive' | 'run', Billed>> = { receive: { invocations: 0, ms: 0 }, run: { invocations: 0, ms: 0 } }
  /** Receives of the queues that brought messages; each is deleted again in as many requests. */
  queueReceives = 0
  /** Whether the run function is called at all. */
  running = true
  readonly #options: AwsWorldOptions
  readonly #windowMs: number
  readonly #receive: readonly Handler[]
  readonly #run: readonly { readonly call: Handler; busy: boolean }[]
  readonly #stores: Stores
  /** What takes real time, while virtual time must stand still. */
  #pending = 0
  readonly #ticks: string[] = []
  #gathering = false
  #ticking = 0

  constructor(options: AwsWorldOptions) {
    this.#options = options
    this.random = randomOf(options.seed)
    this.#stores = options.stores ?? {
      log: new MemoryLog(),
      progress: new MemoryProgress(),
      objects: new MemoryObjects(),
      messages: { send: (message, delayMs) => Promise.resolve(this.send(message, Math.ceil(delayMs / 1_000))) },
    }
    this.objects = this.#stores.objects
    this.stream = new SimulatedStream('lines', options.shards)
    this.#windowMs = options.batchingWindowMs ?? defaultWindowMs(options.job.batchInterval.milliseconds)
    let ids = 0
    const runtime = (): ReturnType<typeof createRuntime> => {
      const plan = planJob(options.job)
      return createRuntime({
        plan,
        ports: this.#ports(),
        deploy: 1,
        settings: { ...options.settings, batchingWindowMs: this.#windowMs },
        newId: () => `id-${++ids}`,
        loadTables: () => loadTables(plan.tables),
        observe: (event) => options.onEvent?.(event),
      })
    }
    const fail = (error: unknown): never => {
      throw error
    }
    const outside = (call: (event: unknown, nowMs: number) => Promise<BatchResponse>): Handler => {
      return (event) => this.#real(() => call(event, this.time.now()))
    }
    this.#receive = options.handlers?.receive.map(outside) ?? Array.from({ length: PROCESSES }, () => kinesisHandler(runtime()))
    const run = options.handlers?.run.map(outside) ?? Array.from({ length: PROCESSES }, () => sqsHandler(runtime(), { onError: fail }))
    this.#run = run.map((call) => ({ busy: false, call }))
    for (const shard of this.stream.shards) this.time.after(this.random.span(0, POLL_MS), () => void this.#poll(shard, 0))
    const rule = (): void => {
      this.#enqueue({ kind: 'tick' })
      this.time.after(60_000, rule)
    }
    this.time.after(this.random.span(0, 60_000), rule)
  }

  /** Runs the world up to this time. */
  async runTo(timeMs: number): Promise<void> {
    if (this.#options.stores === undefined && this.#options.handlers === undefined) return this.time.runTo(timeMs)
    while (this.time.now() < timeMs) {
      await this.time.runTo(this.time.now() + 1)
      while (this.#pending > 0) await setImmediate()
    }
  }

  /** A message on its way: whole seconds, as SqsMessages sends them. */
  send(message: Message, delaySeconds: number): void {
    this.time.after(Math.max(0, delaySeconds) * 1_000, () => this.#enqueue(message))
  }

  /** Puts a line to the stream, now. */
  put(line: string, partitionKey: string): void {
    this.stream.put(Buffer.from(line), { partitionKey, arrivalMs: this.time.now() })
  }

  /** The event source mapping of a shard: polls, gathers for the batching window from the first records on, invokes, and polls again. */
  async #poll(shard: SimulatedShard, position: number): Promise<void> {
    if (shard.records.length === position) {
      this.time.after(POLL_MS, () => void this.#poll(shard, position))
      return
    }
    await this.time.sleep(this.#windowMs + this.#draw('invoke'))
    const records = shard.records.slice(position, position + MAX_EVENT_RECORDS)
    const process = this.random.pick(this.#receive)
    const from = this.time.now()
    await this.time.sleep(this.#compute('receive'))
    const { batchItemFailures } = await process(kinesisEventOf('lines', shard.id, records), this.#context())
    this.#bill('receive', from)
    if (batchItemFailures.length > 0) throw new Error('receive handed records back, in a world where nothing goes wrong')
    this.time.after(this.random.span(0, POLL_MS), () => void this.#poll(shard, position + records.length))
  }

  #enqueue(message: Message): void {
    if (message.kind === 'task') {
      this.queueReceives++
      this.time.after(this.#draw('invoke'), () => void this.#invoke([serializeMessage(message)]))
      return
    }
    this.#ticks.push(serializeMessage(message))
    void this.#gather()
  }

  /** Ticks are gathered for the queue's batching window; two invocations at once at the most. */
  async #gather(): Promise<void> {
    if (this.#gathering || this.#ticks.length === 0 || this.#ticking >= 2) return
    this.#gathering = true
    await this.time.sleep(TICKS_WINDOW_MS + this.#draw('invoke'))
    this.#gathering = false
    this.#ticking++
    const bodies = this.#ticks.splice(0)
    // Ten messages at the most in one request.
    this.queueReceives += Math.ceil(bodies.length / 10)
    if (this.running) await this.#invoke(bodies)
    this.#ticking--
    void this.#gather()
  }

  async #invoke(bodies: readonly string[]): Promise<void> {
    const free = this.#run.filter(({ busy }) => !busy)
    const process = this.random.pick(free.length > 0 ? free : this.#run)
    process.busy = true
    const from = this.time.now()
    await this.time.sleep(this.#compute('run'))
    await process.call(sqsEventOf(bodies.map((body, i) => ({ id: `m${i}`, body }))), this.#context())
    process.busy = false
    this.#bill('run', from)
  }

  #bill(what: 'receive' | 'run', from: number): void {
    this.billed[what].invocations++
    this.billed[what].ms += this.time.now() - from
  }

  #context(): LambdaContext {
    const endsAt = this.time.now() + TIMEOUT_MS
    return { getRemainingTimeInMillis: () => endsAt - this.time.now() }
  }

  #compute(what: 'receive' | 'run'): number {
    return this.#options.computeMs?.[what] ?? this.#draw(what)
  }

  #draw(what: keyof Delays): number {
    const [from, to]: Span = this.#options.delays[what]
    return this.random.span(from, to)
  }

  /** Lets virtual time stand still meanwhile. */
  #real<T>(effect: () => Promise<T>): Promise<T> {
    this.#pending++
    return effect().finally(() => this.#pending--)
  }

  /** The stores, each request with its delay: half of it before it takes effect, half after. */
  #ports(): Ports {
    const wait = async <T>(what: keyof Delays, effect: () => Promise<T>): Promise<T> => {
      const ms = this.#draw(what)
      await this.time.sleep(ms / 2)
      const result = await this.#real(effect)
      await this.time.sleep(ms - ms / 2)
      return result
    }
    const { log, progress, objects, messages } = this.#stores
    return {
      log: {
        put: (key, bytes, options) => wait('dynamoWrite', () => log.put(key, bytes, options)),
        get: (key, options) => wait('dynamoRead', () => log.get(key, options)),
        getMany: (keys, options) => wait('dynamoRead', () => log.getMany(keys, options)),
        newest: (name) => wait('dynamoRead', () => log.newest(name)),
      },
      progress: {
        get: (batch) => wait('dynamoRead', () => progress.get(batch)),
        add: (batch, update) => wait('dynamoWrite', () => progress.add(batch, update)),
      },
      objects: {
        put: async (key, bytes) => {
          await wait('s3', () => objects.put(key, bytes))
          this.#options.onObject?.(key, bytes, this.time.now())
        },
        get: (key, range) => wait('s3', () => (range === undefined ? objects.get(key) : objects.get(key, range))),
        copy: async (from, to) => {
          await wait('s3', () => objects.copy(from, to))
          const bytes = this.#options.stores === undefined ? await objects.get(to) : this.#options.stores.look(to)
          this.#options.onObject?.(to, bytes ?? new Uint8Array(0), this.time.now())
        },
        list: (prefix) => wait('s3', () => objects.list(prefix)),
        delete: (keys) => wait('s3', () => objects.delete(keys)),
      },
      messages: { send: (message, delayMs) => wait('sqsSend', () => messages.send(message, delayMs)) },
      clock: this.time,
    }
  }
}
