import { setTimeout as timer } from 'node:timers/promises'
import { encodeValue } from '../codec/rows.ts'
import type { InputNode } from '../dstream/node.ts'
import { MillraceError } from '../values/errors.ts'
import type { Job } from '../program/job.ts'
import { kinesisHandler, type BatchResponse } from '../lambda/kinesis-handler.ts'
import { serializeMessage } from '../lambda/message-json.ts'
import { sqsHandler } from '../lambda/sqs-handler.ts'
import { loadTables } from '../program/load-tables.ts'
import type { Plan } from '../plan/plan.ts'
import { planJob } from '../plan/plan-job.ts'
import { createRuntime } from '../runtime/create-runtime.ts'
import { leftOver } from '../runtime/batch/left-over.ts'
import { failureOf } from '../runtime/task/failure.ts'
import { ManualClock } from '../runtime/ports/manual-clock.ts'
import { MemoryLog } from '../runtime/ports/memory-log.ts'
import { MemoryMessages } from '../runtime/ports/memory-messages.ts'
import { MemoryObjects } from '../runtime/ports/memory-objects.ts'
import { MemoryProgress } from '../runtime/ports/memory-progress.ts'
import { readyAt } from '../runtime/batch/ready.ts'
import type { RuntimeEvent } from '../runtime/runtime.ts'
import { defaultSettings, SLACK_MS } from '../runtime/settings.ts'
import { tellListeners } from '../runtime/tell-listeners.ts'
import { watchPartitions } from './check-whole.ts'
import { checkRunOptions } from './check-run-options.ts'
import { kinesisEventOf, sqsEventOf } from './kinesis-event-of.ts'
import { randomOf, type Random } from './random.ts'
import { readResult, type Result } from './read-result.ts'
import type { Batches, Faults, RunBatchesOptions } from './run-options.ts'
import { SimulatedStream, type SimulatedShard } from './simulated-stream.ts'

const MINUTE_MS = 60_000
/** Time that goes by without a batch, with something left, before a run is given up: a batch waits for at most a minute, and looked for is once a minute. */
const STUCK_MS = 180_000
const PROCESSES = 3
/** In a row, of one batch: then one gets through, however probable they are. */
const MAX_TIMEOUTS = 5
const CONTEXT = { getRemainingTimeInMillis: (): number => 900_000 }

/**
 * Runs a job on given batches with the real handlers, on in-memory stores and a manual clock that starts at 0: batch i ends at (i + 1) x interval.
 * Strings are the text of records (of a json() stream: JSON text), Uint8Arrays are taken as they are, anything else becomes JSON. Throws when a reduce function, transform or foreachRDD throws.
 * @example
 * const run = await runBatches(wordCount, { lines: [['to be', 'or not'], ['to be']] })
 * run.json('counts') // [{ timeMs: 5000, rows: [['be', 1], ...] }, ...]
 */
export async function runBatches(job: Job, batches: Batches, options: RunBatchesOptions = {}): Promise<Result> {
  const plan = planJob(job, options.numPartitions === undefined ? {} : { numPartitions: options.numPartitions })
  checkRunOptions(job.name, [...new Set([...plan.inputs.map((input) => input.stream), ...job.streams])], batches, options)
  const { check, stop } = watchPartitions(plan)
  try {
    const result = await runWorld(plan, batches, options)
    check()
    return result
  } finally {
    stop()
  }
}

async function runWorld(plan: Plan, batches: Batches, options: RunBatchesOptions): Promise<Result> {
  const world = new BatchWorld(plan, options)
  const inputs = plan.inputs.filter((input, i, all) => all.findIndex((other) => other.stream === input.stream) === i)
  const elements = (input: InputNode, i: number): readonly unknown[] => input.queue?.[i] ?? batches[input.stream]?.[i] ?? []
  const count = Math.max(0, ...inputs.map((input) => input.queue?.length ?? batches[input.stream]?.length ?? 0))
  await world.begin()
  for (let i = 0; i < count; i++) {
    // In the middle of its interval, so that it is neither early nor late.
    await world.runTo(i * plan.intervalMs + Math.floor(plan.intervalMs / 2))
    for (const input of inputs) await world.deliver(input, elements(input, i))
  }
  const settings = defaultSettings(plan.intervalMs)
  const end = count * plan.intervalMs + (options.thenSilence?.milliseconds ?? 0)
  await world.runTo(end + settings.batchingWindowMs + SLACK_MS)
  await world.finish()
  return world.result()
}

/** One warm process of each function. */
interface Process {
  readonly receive: (event: unknown) => Promise<BatchResponse>
  readonly run: (event: unknown) => Promise<BatchResponse>
}

class BatchWorld {
  readonly #plan: Plan
  readonly #clock = new ManualClock(0)
  readonly #messages: MemoryMessages
  readonly #log = new MemoryLog()
  readonly #progress = new MemoryProgress()
  readonly #objects = new MemoryObjects()
  readonly #random: Random
  readonly #faults: Required<Faults>
  readonly #streams: ReadonlyMap<string, SimulatedStream>
  readonly #processes: readonly Process[]
  readonly #events: RuntimeEvent[] = []
  readonly #printed: string[] = []
  readonly #errors: unknown[] = []
  #ids = 0
  #nextMinute = MINUTE_MS

  constructor(plan: Plan, options: RunBatchesOptions) {
    this.#plan = plan
    this.#messages = new MemoryMessages(this.#clock)
    this.#random = randomOf(options.seed ?? 0)
    this.#faults = { duplicateDelivery: 0, timeoutAfterCommit: 0, staleCache: 0, ...options.faults }
    this.#streams = new Map(plan.inputs.map((input) => [input.stream, new SimulatedStream(input.stream, options.shards ?? 1)]))
    this.#processes = Array.from({ length: PROCESSES }, () => this.#open())
  }

  /** Operators that run in every batch run in the first one, whether it has records or not. */
  begin(): Promise<void> {
    return this.#messages.send({ kind: 'tick' }, readyAt(this.#plan.intervalMs, defaultSettings(this.#plan.intervalMs).batchingWindowMs))
  }

  #open(): Process {
    const runtime = createRuntime({
      plan: this.#plan,
      ports: { log: this.#log, progress: this.#progress, objects: this.#objects, messages: this.#messages, clock: this.#clock },
      deploy: 1,
      newId: () => `attempt-${++this.#ids}`,
      settings: { begin: { atMs: this.#plan.intervalMs } },
      loadTables: () => loadTables(this.#plan.tables),
      observe: (event) => this.#events.push(event),
      completed: tellListeners(this.#plan, {
        sleep: (ms, signal) => timer(ms, undefined, { signal }).catch(() => {}),
        warn: (message) => this.#events.push({ event: 'warning', message }),
      }),
      print: (text) => this.#printed.push(text),
    })
    const receive = kinesisHandler(runtime)
    const run = sqsHandler(runtime, { onError: (error) => this.#errors.push(error) })
    return { receive: (event) => receive(event, CONTEXT), run: (event) => run(event, CONTEXT) }
  }

  #process(): Process {
    const one = this.#random.chance(this.#faults.staleCache) ? this.#random.pick(this.#processes) : this.#processes[0]
    if (one === undefined) throw new Error('there is no process')
    return one
  }

  /** Puts elements into the stream and hands them over, before the clock goes on. */
  async deliver(input: InputNode, elements: readonly unknown[]): Promise<void> {
    const stream = this.#streams.get(input.stream)
    if (stream === undefined) return
    const fresh = new Map<SimulatedShard, number>()
    elements.forEach((element, i) => {
      const { shard } = stream.put(bytesOf(element, input), { partitionKey: String(i), arrivalMs: this.#clock.now() })
      fresh.set(shard, (fresh.get(shard) ?? 0) + 1)
    })
    for (const [shard, count] of fresh) await this.#deliverShard(stream, shard, count)
  }

  async #deliverShard(stream: SimulatedStream, shard: SimulatedShard, count: number): Promise<void> {
    const { length } = shard.records
    let from = length - count
    let again = this.#random.chance(this.#faults.duplicateDelivery)
    let timeouts = 0
    while (from < length) {
      const start = again ? this.#random.int(from + 1) : from
      const to = again ? this.#random.span(start + 1, length) : length
      const records = shard.records.slice(start, to)
      const response = await this.#process().receive(kinesisEventOf(stream.name, shard.id, records))
      // Lambda heard of a failure: it delivers the same again.
      const failed = this.#random.chance(this.#faults.timeoutAfterCommit) && ++timeouts <= MAX_TIMEOUTS
      const first = response.batchItemFailures[0]?.itemIdentifier
      const done = first === undefined ? to : shard.records.findIndex((record) => record.sequenceNumber === first)
      if (!failed) from = Math.max(from, done)
      again = from < length || (to === length && again && this.#random.chance(this.#faults.duplicateDelivery))
    }
  }

  /** Runs messages and the minute rule up to this time. */
  async runTo(timeMs: number): Promise<void> {
    for (;;) {
      const next = Math.min(this.#messages.nextDueMs() ?? Infinity, this.#nextMinute)
      if (next > timeMs) break
      if (next > this.#clock.now()) this.#clock.moveTo(next)
      if (this.#clock.now() >= this.#nextMinute) {
        this.#nextMinute += MINUTE_MS
        await this.#messages.send({ kind: 'tick' }, 0)
      }
      for (const message of this.#messages.takeDue()) {
        const event = sqsEventOf([{ id: 'message', body: serializeMessage(message) }])
        await this.#process().run(event)
        if (this.#random.chance(this.#faults.timeoutAfterCommit)) await this.#process().run(event)
        this.#throwErrors()
      }
    }
    if (timeMs > this.#clock.now()) this.#clock.moveTo(timeMs)
  }

  /** Goes on until all that was delivered is in a batch, and all batches are finished: bounded batches take it little by little. */
  async finish(): Promise<void> {
    for (let stuckMs = 0, batches = -1; ;) {
      const left = await leftOver({ log: this.#log, progress: this.#progress })
      if (left.texts.length === 0) return
      stuckMs = left.batches === batches ? stuckMs + this.#plan.intervalMs : 0
      if (stuckMs > STUCK_MS)
        throw new MillraceError(
          'UNFINISHED',
          `runBatches cannot bring job '${this.#plan.name}' to its end: ${left.texts.join('; ')}. What it put out is not all; no program can cause that, so please report it`,
        )
      batches = left.batches
      await this.runTo(this.#clock.now() + this.#plan.intervalMs)
    }
  }

  #throwErrors(): void {
    const [error] = this.#errors
    if (error !== undefined)
      throw error instanceof Error
        ? error
        : new MillraceError('OPERATOR_FAILED', 'the job threw something that is no Error; its cause holds it', { cause: error })
    for (const [batch, item] of this.#progress.items()) {
      const failure = failureOf(item)
      if (failure !== null) throw new MillraceError('OPERATOR_FAILED', `batch ${batch}: ${failure.message}`)
    }
  }

  result(): Promise<Result> {
    return readResult({ plan: this.#plan, log: this.#log, objects: this.#objects, events: this.#events, printed: this.#printed })
  }
}

function bytesOf(element: unknown, input: InputNode): Uint8Array {
  if (input.queue !== undefined || input.poll !== undefined) return encodeValue(element)
  if (typeof element === 'string') return Buffer.from(element)
  return element instanceof Uint8Array ? element : Buffer.from(JSON.stringify(element))
}
