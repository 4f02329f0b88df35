import { milliseconds } from '../../lib/index.ts'
import { kinesisHandler, sqsHandler, type BatchResponse, type LambdaContext } from '../../lib/lambda/index.ts'
import { loadTables } from '../../lib/program/load-tables.ts'
import { planJob } from '../../lib/plan/plan-job.ts'
import { createRuntime } from '../../lib/runtime/create-runtime.ts'
import { faultyProcess, type FaultyProcess, type PortFaults } from '../../lib/testing/faulty-ports.ts'
import type { Outcome } from '../../lib/testing/simulated-mapping.ts'
import type { Fault } from './faults.ts'
import { RETENTION, TASK_TIMEOUT, type World } from './world.ts'

const TIMEOUT = 60_000
/** What a `short` invocation has left: less than receive wants to have for its commit. */
const SHORT = 5_000
const WARM = 8
/** How far a process's clock is off. */
const MAX_CLOCK_SKEW_MS = 10_000
/** How invocations may fail when something went wrong around them; anything else is a bug. */
const EXPECTED_ERRORS: readonly unknown[] = ['NEWER_DEPLOY', 'STORE_FAILED', 'MISSING_ENTRY']

type Handler = (event: unknown, context: LambdaContext) => Promise<BatchResponse>

interface Process {
  readonly faulty: FaultyProcess
  readonly receive: Handler
  readonly run: Handler
  busy: number
  /** Who wants to hear of the process's end. */
  readonly deaths: (() => void)[]
}

/** What one request of the simulation gets instead of chance. */
export interface Deviation {
  /** Its number, in the order in which all requests ask for their faults. */
  readonly at: number
  readonly faults: Partial<PortFaults>
}

/** Lambda's warm processes, eight of each function and deploy; an invocation goes to any that is free, or to a new one. */
export class Processes {
  readonly #world: World
  readonly #warm = new Map<string, Process[]>()
  readonly #written = new Map<string, number>()
  readonly #rate: number
  readonly #deviation: Deviation | undefined
  #ids = 0
  requests = 0
  /** Invocations that Lambda waits for. */
  live = 0

  constructor(world: World, { deviation, rate }: { readonly deviation: Deviation | undefined; readonly rate: number | undefined }) {
    this.#world = world
    this.#deviation = deviation
    const usual = world.random.pick([0.003, 0.01, 0.03])
    this.#rate = rate ?? usual
  }

  /** Calls a function. A time-out ends the wait, not the process. */
  invoke(kind: 'receive' | 'run', event: unknown): Promise<Outcome> {
    const { time, random } = this.#world
    const process = this.#route(kind)
    const startedAt = time.now()
    const allowed = this.#world.chance('short', 0.3) ? SHORT : TIMEOUT
    // Of the others only the time-out tells.
    const tellsOfDeath = random.chance(0.7)
    process.busy++
    this.live++
    return new Promise((resolve) => {
      let ended = false
      const end = (outcome: Outcome): void => {
        if (!ended) this.live--
        ended = true
        resolve(outcome)
      }
      time.after(TIMEOUT, () => {
        if (!ended) this.#world.count('time-out')
        end({ error: 'timed out' })
      })
      if (tellsOfDeath) process.deaths.push(() => end({ error: 'process died' }))
      const call = (): Promise<BatchResponse> => process[kind](event, { getRemainingTimeInMillis: () => startedAt + allowed - time.now() })
      this.#world.portTrace.invoke(call).then(
        (response) => {
          process.busy--
          end({ response })
        },
        (error: unknown) => {
          process.busy--
          this.#failed(kind, error)
          end({ error: describe(error) })
        },
      )
    })
  }

  #route(kind: 'receive' | 'run'): Process {
    const { random, on, version } = this.#world
    const deploy = version > 1 && this.#world.justDeployed() && random.chance(0.5) ? version - 1 : version
    const name = `${kind} ${deploy}`
    const warm = this.#warm.get(name) ?? Array.from({ length: WARM }, () => this.#open(deploy))
    const all = warm.map((process) => (process.faulty.isDead() || (process.busy === 0 && this.#world.chance('cold', 0.2)) ? this.#open(deploy) : process))
    this.#warm.set(name, all)
    const free = on.shared ? all : all.filter((process) => process.busy === 0)
    if (free.length > 0) return random.pick(free)
    const fresh = this.#open(deploy)
    all.push(fresh)
    return fresh
  }

  #open(deploy: number): Process {
    const world = this.#world
    const deaths: (() => void)[] = []
    const offset = world.on.clocks ? world.random.span(-MAX_CLOCK_SKEW_MS, MAX_CLOCK_SKEW_MS) : 0
    const faulty = faultyProcess({
      ports: { ...world.ports(), clock: { now: () => world.time.now() + offset } },
      time: world.time,
      random: world.random,
      written: this.#written,
      faults: () => this.#faults(),
      count: (fault) => world.count(fault),
      onDeath: () => deaths.splice(0).forEach((tell) => world.time.after(100, tell)),
      onRequest: (_port, killed, stack) => this.#site(killed, stack),
    })
    const { maxRecords, maxBytes } = world.bounds
    const interval = milliseconds(world.intervalOf(deploy))
    const plan = { ...planJob(world.program.job(deploy, (...of) => world.effect(...of), interval)), maxRecords }
    const runtime = createRuntime({
      plan,
      ports: world.portTrace.of(faulty.ports),
      deploy,
      newId: () => `i${++this.#ids}`,
      settings: {
        batchingWindowMs: world.batchingWindowMs,
        retentionMs: RETENTION,
        taskTimeoutMs: TASK_TIMEOUT,
        tailEntries: 5,
        spillBytes: world.on.spill ? 64 : 16_384,
        // Few keys in many buckets, and memory for none, for some, or for all.
        bucketBytes: 16 * 4 ** (world.seed % 4),
        stateCacheBytes: 400 * (world.seed % 3),
        maxBatchBytes: maxBytes,
      },
      loadTables: () => loadTables(plan.tables),
      observe: (event) => {
        const of = (...fields: readonly string[]): string => fields.map((field) => String(event[field])).join('/')
        if (event.event === 'computed') bump(world.computed, of('batch', 'stage', 'partition'))
        if (event.event === 'foreachRDD') bump(world.foreach, of('batch', 'stage', 'partition', 'operator'))
        if (event.event === 'batch') world.delays.set(Number(event['batch']), Number(event['delayMs']))
        world.trace(() => `v${deploy} ${JSON.stringify(event)}`)
      },
    })
    return { faulty, busy: 0, deaths, receive: kinesisHandler(runtime), run: sqsHandler(runtime, { onError: (error) => this.#failed('run', error) }) }
  }

  #failed(kind: string, error: unknown): void {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const expected = EXPECTED_ERRORS.includes(code)
    this.#world.count(expected ? String(code) : 'crash')
    this.#world.trace(() => `error ${describe(error)}`)
    if (!expected) this.#world.problems.push(`crash in ${kind}: ${describe(error)}`)
  }

  #faults(): PortFaults {
    const { on, calm, random } = this.#world
    const p = (fault: Fault, probability: number): number => (on[fault] && !calm ? probability : 0)
    const faults = {
      kill: p('kill', this.#rate),
      pause: p('pause', this.#rate),
      maxPauseMs: random.pick([60_000, 600_000]),
      error: p('error', this.#rate / 2),
      retry: p('retry', 0.03),
      staleMs: p('stale', 20_000),
      // A store that stays this slow makes batches longer than their interval: the job would never catch up.
      latencyMs: on.slow && !calm ? 1_500 : 40,
    }
    return this.requests++ === this.#deviation?.at ? { ...faults, ...this.#deviation.faults } : faults
  }

  #site(killed: boolean, stack: () => string): void {
    const { kills, reached } = this.#world.watched
    if (reached === undefined && !(killed && kills !== undefined)) return
    const frame = stack()
      .split('\n')
      .find((line) => /lib\/(runtime|lambda)\//.test(line))
    const site = /(lib\/[\w/-]+\.ts:\d+)/.exec(frame ?? '')?.[1]
    if (site === undefined) return
    // Every request asks for its faults first, and has its number from there.
    if (reached?.has(site) === false) reached.set(site, { seed: this.#world.seed, at: this.requests - 1 })
    if (killed) kills?.set(site, (kills.get(site) ?? 0) + 1)
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' | ') : 'something that is no Error'
}

function bump(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
