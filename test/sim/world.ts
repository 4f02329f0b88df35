// Everything around the engine: virtual time, warm processes, event source mappings, the queue, the minute rule, deploys, and faults.
import { serializeMessage } from '../../lib/lambda/index.ts'
import type { Message } from '../../lib/runtime/ports/messages.ts'
import type { Ports } from '../../lib/runtime/runtime.ts'
import { defaultWindowMs } from '../../lib/runtime/settings.ts'
import { sqsEventOf } from '../../lib/testing/kinesis-event-of.ts'
import { randomOf, type Random } from '../../lib/testing/random.ts'
import { SimulatedMapping } from '../../lib/testing/simulated-mapping.ts'
import { SimulatedStream, simulatedShards } from '../../lib/testing/simulated-stream.ts'
import { VirtualTime } from '../../lib/testing/virtual-time.ts'
import { Archive } from './archive.ts'
import { type Effect, makeEffect } from './effects.ts'
import { FAULTS, type Fault } from './faults.ts'
import { START, type Rec } from './folds.ts'
import { PortTrace } from './port-trace.ts'
import { Processes } from './processes.ts'
import type { Program } from './program.ts'
import { PROGRAMS } from './programs.ts'
import type { WorldOptions } from './world-options.ts'

export const RETENTION = 2 * 3_600_000
/** The time-out of the run function, as its settings say. */
export const TASK_TIMEOUT = 120_000
export const INTERVALS: readonly number[] = [1_000, 10_000]

export class World {
  readonly seed: number
  readonly random: Random
  readonly time = new VirtualTime(START + 1)
  readonly on: Readonly<Record<Fault, boolean>>
  readonly program: Program
  readonly intervalMs: number
  readonly batchingWindowMs: number
  readonly streams: readonly SimulatedStream[]
  readonly mappings: SimulatedMapping[] = []
  readonly counts: Record<string, number> = {}
  readonly portTrace = new PortTrace()
  readonly stores: Archive = new Archive(
    () => this.time.now(),
    (key) => this.portTrace.decided(key),
  )
  readonly computed = new Map<string, number>()
  /** What foreachRDD was called with, by its id: the rows of each call as JSON. */
  readonly effects = new Map<string, (readonly string[])[]>()
  /** What the programs' foreachRDD and sinks do: it calls something that may be out of order. */
  readonly effect: Effect = makeEffect(this.effects, (after) => this.chance('fails', after ? 0.1 : 0.15))
  /** Calls of foreachRDD as the engine reports them: batch/stage/partition/operator. */
  readonly foreach = new Map<string, number>()
  /** How late each batch was finished, ms after its time. */
  readonly delays = new Map<number, number>()
  readonly produced = new Map<string, Rec>()
  readonly problems: string[] = []
  calm = false
  version = 1
  endAt = START
  readonly versions: number
  /** What a batch takes: records of each shard, and bytes of blocks. */
  readonly bounds: { readonly maxRecords: number; readonly maxBytes: number }
  readonly #trace: ((line: string) => void) | undefined
  readonly watched: Pick<WorldOptions, 'kills' | 'reached'>
  readonly #processes: Processes
  #deployedAt = 0
  #ticks: Message[] = []
  #tickRuns = 0

  constructor(seed: number, options: WorldOptions = {}) {
    this.seed = seed
    this.random = randomOf(seed)
    this.#trace = options.trace
    this.watched = options
    const many = this.random.pick([0, 0.15, 0.35, 0.6])
    this.on = Object.fromEntries(FAULTS.map((fault) => [fault, options.on === undefined ? this.random.chance(many) : options.on.includes(fault)])) as Record<
      Fault,
      boolean
    >
    this.bounds = this.on.bounded
      ? { maxRecords: this.random.pick([1, 3, 8, Infinity]), maxBytes: this.random.pick([1, 500, 1e9]) }
      : { maxRecords: Infinity, maxBytes: 1e9 }
    this.#processes = new Processes(this, { deviation: options.deviation, rate: options.rate })
    const program = this.random.pick(PROGRAMS)
    const build = options.program ?? program
    const some = this.random.pick(INTERVALS)
    // What never rests makes a batch in every interval.
    this.intervalMs = options.intervalMs ?? (build(some).endless === true ? 10_000 : some)
    this.batchingWindowMs = defaultWindowMs(this.intervalMs)
    this.program = build(this.intervalMs)
    this.versions = this.on.deploy ? this.random.span(2, 3) : 1
    this.streams = this.program.streams.map((name) => new SimulatedStream(name, 1 + this.random.int(this.random.pick([1, 2, 4]))))
    for (const stream of this.streams) this.mappings.push(this.#mapping(stream))
    this.#script()
  }

  get requests(): number {
    return this.#processes.requests
  }

  get live(): number {
    return this.#processes.live
  }

  /** The batch interval of a version of the program. */
  intervalOf(version: number): number {
    return this.on.regrid && this.program.regrids === true && version === 2 ? INTERVALS.reduce((sum, ms) => sum + ms, -this.intervalMs) : this.intervalMs
  }

  /** Returns the first time from this one on that is on the grids of all versions. */
  onGrids(time: number): number {
    const coarsest = Math.max(...Array.from({ length: this.versions }, (_, i) => this.intervalOf(i + 1)))
    return Math.ceil(time / coarsest) * coarsest
  }

  /** New processes start with the new deploy at once; for a while warm ones of the last are used, too. */
  justDeployed(): boolean {
    return this.time.now() < this.#deployedAt + 20_000
  }

  trace(line: () => string): void {
    this.#trace?.(`${((this.time.now() - START) / 1000).toFixed(2)} ${line()}`)
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
    if (this.on.backlog) this.#backlog()
    const phases = this.on.expiry ? random.span(2, 3) : random.span(1, 2)
    let at = 0
    for (let i = 0; i < phases; i++) {
      const length = random.span(30_000, 120_000)
      const last = i + 1 === phases
      const wanted = last ? 0 : this.on.expiry ? random.span(0.5 * RETENTION, 2.5 * RETENTION) : this.on.silence ? random.span(60_000, 600_000) : 5_000
      // What never rests would make thousands of batches of nothing.
      const gap = this.program.endless === true ? Math.min(wanted, 120_000) : wanted
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

  /** Records, and shards that came and went, that were there before the job; each stream is delivered from its beginning, once its mapping is there. */
  #backlog(): void {
    const { random } = this
    const span = random.span(1, 24) * this.intervalMs
    for (const mapping of this.mappings) mapping.enabled = false
    const times = Array.from({ length: random.span(4, 40) }, () => START - random.span(0, span)).sort((a, b) => a - b)
    for (const at of times) {
      if (this.on.reshard && random.chance(0.1)) this.#reshard()
      this.#put(random.pick(this.streams), at)
      this.count('backlog')
    }
    for (const mapping of this.mappings) {
      this.time.after(random.pick([0, random.span(0, 15_000)]), () => {
        mapping.enabled = true
        mapping.kick()
      })
    }
  }

  #put(stream: SimulatedStream, at = this.time.now()): void {
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
    stream.put(Buffer.from(JSON.stringify({ ...rec, ...filler })), { partitionKey: `p${this.random.int(50)}`, arrivalMs: at + skew })
  }

  #reshard(): void {
    const stream = this.random.pick(this.streams)
    const open = stream.shards.filter((shard) => shard.open)
    if (stream.shards.length > 10 || open.length === 0) return
    this.count('reshard')
    const shard = this.random.pick(open)
    if (!this.random.chance(0.4) || stream.merge(shard) === undefined) stream.split(shard)
    // Closed for so long that the stream no longer says whom its descendants came from.
    for (const old of stream.shards) if (!old.open && old.records.length > 0 && this.random.chance(0.2)) old.listed = false
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
    const gone = this.stores.memoryLog.expire(now, () => this.random.chance(0.3)) + this.stores.progress.expire(now, () => this.random.chance(0.3))
    for (let i = 0; i < gone; i++) this.count('expiry')
  }

  // ---- the event source mapping and the queue

  #mapping(stream: SimulatedStream): SimulatedMapping {
    return new SimulatedMapping({
      stream,
      time: this.time,
      random: this.random,
      batchingWindowMs: this.batchingWindowMs,
      bisect: this.on.bisect,
      // A job that fell behind by more than its retention is refused for hours.
      retryDelayMs: this.on.expiry ? 5_000 : 500,
      smallBatches: () => (this.random.chance(0.4) ? 1 + this.random.int(5) : undefined),
      redelivery: () => this.chance('redeliver', 0.1),
      invoke: (event) => this.#processes.invoke('receive', event),
    })
  }

  #send(message: Message, delayMs: number): Promise<void> {
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
    await this.#processes.invoke('run', sqsEventOf(bodies))
    this.#tickRuns--
    void this.#pumpTicks()
  }

  async #deliver(message: Message, attempt: number): Promise<void> {
    const outcome = await this.#processes.invoke('run', sqsEventOf([{ id: 'task', body: serializeMessage(message) }]))
    const failed = 'error' in outcome || outcome.response.batchItemFailures.length > 0
    if (failed && attempt < 3) this.time.after(TASK_TIMEOUT + 10_000, () => void this.#deliver(message, attempt + 1))
  }

  /** The ports that a process gets: the stores, the queue and the clock of this world. */
  ports(): Ports {
    const { log, progress, objects } = this.stores
    return {
      log,
      progress,
      objects,
      messages: { send: (message, delayMs) => this.#send(message, delayMs) },
      clock: this.time,
      shards: simulatedShards(this.streams),
    }
  }
}
