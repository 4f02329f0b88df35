// Everything around the engine: virtual time, warm processes, event source mappings, the queue, the minute rule, deploys, and faults.
import { kinesisHandler, sqsHandler, serializeMessage, type BatchResponse } from '../../lib/lambda/index.ts'
import { loadTables } from '../../lib/load-tables.ts'
import { planJob } from '../../lib/plan/plan-job.ts'
import { createRuntime } from '../../lib/runtime/create-runtime.ts'
import type { Log, LogKey } from '../../lib/runtime/log.ts'
import { MemoryLog } from '../../lib/runtime/memory-log.ts'
import { MemoryObjects } from '../../lib/runtime/memory-objects.ts'
import { MemoryProgress } from '../../lib/runtime/memory-progress.ts'
import type { Message } from '../../lib/runtime/messages.ts'
import type { Objects } from '../../lib/runtime/objects.ts'
import type { Ports } from '../../lib/runtime/runtime.ts'
import { faultyProcess, type FaultyProcess, type PortFaults } from '../../lib/testing/faulty-ports.ts'
import { sqsEventOf } from '../../lib/testing/kinesis-event-of.ts'
import { randomOf, type Random } from '../../lib/testing/random.ts'
import { SimulatedMapping, type Outcome } from '../../lib/testing/simulated-mapping.ts'
import { SimulatedStream } from '../../lib/testing/simulated-stream.ts'
import { VirtualTime } from '../../lib/testing/virtual-time.ts'
import { INTERVAL, type Rec } from './folds.ts'
import { PROGRAMS, type Program } from './programs.ts'

export const RETENTION = 2 * 3_600_000
const X = 120_000
const TIMEOUT = 60_000
/** What a `short` invocation has left: less than receive wants to have for its commit. */
const SHORT = 5_000
const START = 1_000 * INTERVAL

export const FAULTS = [
  'kill',
  'pause',
  'retry',
  'error',
  'stale',
  'loss',
  'double',
  'delay',
  'redeliver',
  'storm',
  'reshard',
  'skew',
  'deploy',
  'shared',
  'expiry',
  'slow',
  'silence',
  'cold',
  'bad',
  'spill',
  'bisect',
  'fails',
  'short',
] as const
export type Fault = (typeof FAULTS)[number]

export interface WorldOptions {
  /** Exactly these faults; left out: a random subset. */
  readonly on?: readonly Fault[]
  readonly trace?: (line: string) => void
  readonly sites?: Map<string, { calls: number; kills: number }>
}

/** An entry as it was put, or an object as it was written: the oracle's material. */
export interface Written {
  readonly at: number
  readonly bytes: Uint8Array
}

interface Box {
  readonly process: FaultyProcess
  readonly version: number
  busy: number
  /** Who wants to hear of the process's end. */
  readonly deaths: (() => void)[]
  readonly receive: (event: unknown, context: { getRemainingTimeInMillis(): number }) => Promise<BatchResponse>
  readonly run: (event: unknown, context: { getRemainingTimeInMillis(): number }) => Promise<BatchResponse>
}

export class World {
  readonly seed: number
  readonly random: Random
  readonly time = new VirtualTime(START + 1)
  readonly on: Readonly<Record<Fault, boolean>>
  readonly program: Program
  readonly streams: readonly SimulatedStream[]
  readonly mappings: SimulatedMapping[] = []
  readonly counts: Record<string, number> = {}
  /** What every log ever held, in the order of the puts. */
  readonly archive = new Map<string, { readonly n: number; readonly at: number; readonly bytes: Uint8Array }[]>()
  readonly objectWrites = new Map<string, Written[]>()
  readonly objectsGone = new Set<string>()
  readonly log = new MemoryLog()
  readonly progress = new MemoryProgress()
  readonly objects = new MemoryObjects()
  readonly computed = new Map<string, number>()
  /** What foreachRDD was called with, by its id: the rows of each call as JSON. */
  readonly effects = new Map<string, (readonly string[])[]>()
  /** Calls of foreachRDD as the engine reports them: batch/stage/partition/operator. */
  readonly foreach = new Map<string, number>()
  /** How late each batch was finished, ms after its time. */
  readonly delays = new Map<number, number>()
  readonly produced = new Map<string, Rec>()
  readonly problems: string[] = []
  puts = 0
  reads = 0
  calm = false
  live = 0
  version = 1
  endAt = START
  readonly versions: number
  readonly #trace: ((line: string) => void) | undefined
  readonly #sites: WorldOptions['sites']
  readonly #written = new Map<string, number>()
  readonly #boxes = new Map<string, Box[]>()
  #deployedAt = 0
  #ids = 0
  #ticks: Message[] = []
  #tickRuns = 0
  readonly #rate: number

  constructor(seed: number, options: WorldOptions = {}) {
    this.seed = seed
    this.random = randomOf(seed)
    this.#trace = options.trace
    this.#sites = options.sites
    const many = this.random.pick([0, 0.15, 0.35, 0.6])
    this.on = Object.fromEntries(FAULTS.map((fault) => [fault, options.on === undefined ? this.random.chance(many) : options.on.includes(fault)])) as Record<
      Fault,
      boolean
    >
    this.#rate = this.random.pick([0.003, 0.01, 0.03])
    this.program = this.random.pick(PROGRAMS)()
    this.versions = this.on.deploy ? this.random.span(2, 3) : 1
    this.streams = this.program.streams.map((name) => new SimulatedStream(name, 1 + this.random.int(this.random.pick([1, 2, 4]))))
    for (const stream of this.streams) this.mappings.push(this.#mapping(stream))
    this.#script()
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }

  chance(fault: Fault, probability: number): boolean {
    if (!this.on[fault] || this.calm || !this.random.chance(probability)) return false
    this.count(fault)
    return true
  }

  // ---- what happens: production, silence, resharding, deploys

  #script(): void {
    const { random } = this
    const phases = this.on.expiry ? random.span(2, 3) : random.span(1, 2)
    let at = 0
    for (let i = 0; i < phases; i++) {
      const length = random.span(30_000, 120_000)
      const last = i + 1 === phases
      const gap = last ? 0 : this.on.expiry ? random.span(0.5 * RETENTION, 2.5 * RETENTION) : this.on.silence ? random.span(60_000, 600_000) : 5_000
      for (let n = random.span(4, 28); n > 0; n--) this.time.after(at + random.span(0, length), () => this.#produce())
      // So many records that an invocation without time hands some back.
      if (this.on.short) for (let n = random.int(3); n > 0; n--) this.time.after(at + random.span(0, length), () => this.#produce(200))
      if (this.on.reshard) for (let n = random.int(4); n > 0; n--) this.time.after(at + random.span(0, length), () => this.#reshard())
      if (this.on.storm) for (let n = random.int(3); n > 0; n--) this.time.after(at + random.span(0, length), () => this.#storm())
      at += length + gap
    }
    this.endAt = this.time.now() + at
    if (this.on.storm && random.chance(0.7)) this.time.after(at - 1, () => this.#storm())
    for (let version = 2; version <= this.versions; version++)
      this.time.after((at * (version - 1)) / this.versions + random.span(0, 20_000), () => this.#deploy(version))
    const clock = (): void => {
      this.#enqueueTick()
      if (this.on.expiry) this.#expire()
      this.time.after(60_000, clock)
    }
    this.time.after(random.span(0, 60_000), clock)
  }

  #produce(count = 1): void {
    const stream = this.random.pick(this.streams)
    for (let i = 0; i < count; i++) this.#put(stream)
    for (const mapping of this.mappings) mapping.kick()
  }

  #put(stream: SimulatedStream): void {
    const id = `${stream.name}${this.produced.size}`
    const rec: Rec = {
      id,
      key: `k${'0'.repeat(this.random.int(2))}${this.random.int(5)}`,
      n: this.random.span(1, 9),
      ...(this.chance('bad', 0.15) ? { bad: true } : {}),
    }
    this.produced.set(id, rec)
    const skew = this.on.skew ? this.random.span(-14_000, 6_000) : 0
    const filler = this.chance('spill', 0.3) ? { filler: Array.from({ length: 300 }, () => this.random.next()).join() } : {}
    stream.put(Buffer.from(JSON.stringify({ ...rec, ...filler })), { partitionKey: `p${this.random.int(50)}`, arrivalMs: this.time.now() + skew })
  }

  #reshard(): void {
    const stream = this.random.pick(this.streams)
    const open = stream.shards.filter((shard) => shard.open)
    if (stream.shards.length > 10 || open.length === 0) return
    this.count('reshard')
    const shard = this.random.pick(open)
    if (!this.random.chance(0.4) || stream.merge(shard) === undefined) stream.split(shard)
    for (const mapping of this.mappings) mapping.kick()
  }

  #storm(): void {
    if (this.calm) return
    this.count('storm')
    for (const mapping of this.mappings) mapping.restart()
  }

  #deploy(version: number): void {
    if (version <= this.version) return
    this.count('deploy')
    this.version = version
    this.#deployedAt = this.time.now()
  }

  #expire(): void {
    const now = this.time.now()
    const gone = this.log.expire(now, () => this.random.chance(0.3)) + this.progress.expire(now, () => this.random.chance(0.3))
    for (let i = 0; i < gone; i++) this.count('expiry')
  }

  // ---- the event source mapping and the queue

  #mapping(stream: SimulatedStream): SimulatedMapping {
    return new SimulatedMapping({
      stream,
      time: this.time,
      random: this.random,
      batchingWindowMs: 2_000,
      bisect: this.on.bisect,
      smallBatches: () => (this.random.chance(0.4) ? 1 + this.random.int(5) : undefined),
      redelivery: () => this.chance('redeliver', 0.1),
      invoke: (event) => this.#invoke('receive', (box, context) => box.receive(event, context)),
    })
  }

  send(message: Message, delayMs: number): Promise<void> {
    if (this.chance('loss', 0.15)) return Promise.resolve()
    const copies = this.chance('double', 0.15) ? 2 : 1
    for (let i = 0; i < copies; i++) {
      const late = this.chance('delay', 0.2) ? this.random.span(0, 40_000) : 0
      this.time.after(delayMs + this.random.span(5, 60) + late, () => (message.kind === 'tick' ? this.#enqueueTick() : void this.#deliver(message, 1)))
    }
    return Promise.resolve()
  }

  /** Ticks are taken together, two batches of them at once at the most. */
  #enqueueTick(): void {
    this.#ticks.push({ kind: 'tick' })
    void this.#pumpTicks()
  }

  async #pumpTicks(): Promise<void> {
    if (this.#tickRuns >= 2 || this.#ticks.length === 0) return
    const ticks = this.#ticks.splice(0)
    this.#tickRuns++
    const bodies = ticks.map((tick, i) => ({ id: `tick-${i}`, body: serializeMessage(tick) }))
    await this.#invoke('run', (box, context) => box.run(sqsEventOf(bodies), context))
    this.#tickRuns--
    void this.#pumpTicks()
  }

  async #deliver(message: Message, attempt: number): Promise<void> {
    const outcome = await this.#invoke('run', (box, context) => box.run(sqsEventOf([{ id: 'task', body: serializeMessage(message) }]), context))
    const failed = 'error' in outcome || outcome.response.batchItemFailures.length > 0
    if (failed && attempt < 3) this.time.after(X + 10_000, () => void this.#deliver(message, attempt + 1))
  }

  // ---- invocations in warm processes

  async #invoke(kind: 'receive' | 'run', work: (box: Box, context: { getRemainingTimeInMillis(): number }) => Promise<BatchResponse>): Promise<Outcome> {
    const box = this.#box(kind)
    const startedAt = this.time.now()
    box.busy++
    this.live++
    const allowed = this.chance('short', 0.3) ? SHORT : TIMEOUT
    const context = { getRemainingTimeInMillis: (): number => startedAt + allowed - this.time.now() }
    const dies = this.random.chance(0.7)
    return new Promise((resolve) => {
      let ended = false
      const end = (outcome: Outcome): void => {
        if (!ended) this.live--
        ended = true
        box.busy--
        resolve(outcome)
      }
      this.time.after(TIMEOUT, () => {
        if (ended) return
        this.count('time-out')
        ended = true
        this.live--
        resolve({ error: 'timed out' }) // The process goes on, if it is alive.
      })
      // Otherwise only the time-out tells.
      if (dies) {
        box.deaths.push(() => {
          if (ended) return
          ended = true
          this.live--
          resolve({ error: 'process died' })
        })
      }
      work(box, context).then(
        (response) => end({ response }),
        (error: unknown) => {
          const known = error instanceof Error && 'code' in error && ['NEWER_DEPLOY', 'STORE_FAILED', 'MISSING_ENTRY'].includes(String(error.code))
          this.count(known ? String((error as Error & { code: string }).code) : 'crash')
          if (!known)
            this.problems.push(
              `crash in ${kind}: ${error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' | ') : String(error)}`,
            )
          end({ error: String(error) })
        },
      )
    })
  }

  #box(kind: 'receive' | 'run'): Box {
    const old = this.version > 1 && this.time.now() < this.#deployedAt + 20_000 && this.random.chance(0.5)
    const version = old ? this.version - 1 : this.version
    const name = `${kind} ${version}`
    const all = (this.#boxes.get(name) ?? Array.from({ length: 8 }, () => this.#open(version))).map((box) =>
      box.process.isDead() || (box.busy === 0 && this.chance('cold', 0.2)) ? this.#open(version) : box,
    )
    this.#boxes.set(name, all)
    const free = this.on.shared ? all : all.filter((box) => box.busy === 0)
    if (free.length > 0) return this.random.pick(free)
    const box = this.#open(version)
    all.push(box)
    return box
  }

  #open(version: number): Box {
    const deaths: (() => void)[] = []
    const process = faultyProcess({
      ports: this.#ports(),
      time: this.time,
      random: this.random,
      written: this.#written,
      faults: () => this.#faults(),
      count: (fault) => this.count(fault),
      onDeath: () => deaths.splice(0).forEach((tell) => this.time.after(100, tell)),
      ...(this.#sites === undefined ? {} : { onRequest: (_port: string, killed: boolean, stack: string) => this.#site(killed, stack) }),
    })
    const plan = planJob(this.program.job(version, (id, rows) => this.#effect(id, rows)))
    const runtime = createRuntime({
      plan,
      ports: process.ports,
      deploy: version,
      newId: () => `i${++this.#ids}`,
      settings: { batchingWindowMs: 2_000, retentionMs: RETENTION, taskTimeoutMs: X, tailEntries: 5, spillBytes: this.on.spill ? 64 : 16_384 },
      loadTables: () => loadTables(plan.tables),
      observe: (event) => {
        if (event.event === 'computed') bump(this.computed, `${String(event['batch'])}/${String(event['stage'])}/${String(event['partition'])}`)
        if (event.event === 'foreachRDD')
          bump(this.foreach, `${String(event['batch'])}/${String(event['stage'])}/${String(event['partition'])}/${String(event['operator'])}`)
        if (event.event === 'batch') this.delays.set(Number(event['batch']), Number(event['delayMs']))
        this.#trace?.(`${((this.time.now() - START) / 1000).toFixed(2)} v${version} ${JSON.stringify(event)}`)
      },
    })
    return { process, version, busy: 0, deaths, receive: kinesisHandler(runtime), run: sqsHandler(runtime, { onError: (error) => this.#onRunError(error) }) }
  }

  /** What the programs' foreachRDD does: it calls something that may be out of order. */
  #effect(id: string, rows: readonly unknown[]): void {
    if (this.chance('fails', 0.15)) throw new Error('the database is out of order (simulated)')
    const calls = this.effects.get(id) ?? []
    this.effects.set(id, calls)
    calls.push(rows.map((row) => JSON.stringify(row)))
  }

  #onRunError(error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    this.count(code === '' ? 'crash' : code)
    this.#trace?.(`error ${String(error)}`)
    if (!['NEWER_DEPLOY', 'STORE_FAILED', 'MISSING_ENTRY'].includes(code))
      this.problems.push(`crash in run: ${error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' | ') : String(error)}`)
  }

  #faults(): PortFaults {
    const on = (fault: Fault, p: number): number => (this.on[fault] && !this.calm ? p : 0)
    return {
      kill: on('kill', this.#rate),
      pause: on('pause', this.#rate),
      maxPauseMs: this.random.pick([60_000, 600_000]),
      error: on('error', this.#rate / 2),
      retry: on('retry', 0.03),
      staleMs: on('stale', 20_000),
      latencyMs: this.on.slow ? 1_500 : 40,
    }
  }

  #site(killed: boolean, stack: string): void {
    const frame = stack.split('\n').find((line) => /lib\/(runtime|lambda)\//.test(line))
    const site = /(lib\/[\w/-]+\.ts:\d+)/.exec(frame ?? '')?.[1]
    if (site === undefined) return
    const known = this.#sites?.get(site) ?? { calls: 0, kills: 0 }
    known.calls++
    if (killed) known.kills++
    this.#sites?.set(site, known)
  }

  /** The stores themselves, with an archive of all that was written. */
  #ports(): Ports {
    const { log, objects } = this
    const archived: Log = {
      put: async (key: LogKey, bytes, o) => {
        const there = await log.put(key, bytes, o)
        if (there !== null) return there
        this.puts++
        const items = this.archive.get(key.log) ?? []
        this.archive.set(key.log, items)
        items.push({ n: key.n, at: this.time.now(), bytes })
        return null
      },
      get: (key) => (this.reads++, log.get(key)),
      getMany: (keys) => ((this.reads += keys.length), log.getMany(keys)),
      newest: (name) => (this.reads++, log.newest(name)),
    }
    const wrote = async (key: string): Promise<void> => {
      const writes = this.objectWrites.get(key) ?? []
      this.objectWrites.set(key, writes)
      writes.push({ at: this.time.now(), bytes: (await objects.get(key)) ?? new Uint8Array(0) })
    }
    const watched: Objects = {
      put: async (key, bytes) => {
        await objects.put(key, bytes)
        await wrote(key)
      },
      get: (key, range) => (range === undefined ? objects.get(key) : objects.get(key, range)),
      copy: async (from, to) => {
        await objects.copy(from, to)
        await wrote(to)
      },
      list: (prefix) => objects.list(prefix),
      delete: async (keys) => {
        for (const key of keys) this.objectsGone.add(key)
        await objects.delete(keys)
      },
    }
    return { log: archived, progress: this.progress, objects: watched, messages: { send: (message, delayMs) => this.send(message, delayMs) }, clock: this.time }
  }
}

function bump(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
