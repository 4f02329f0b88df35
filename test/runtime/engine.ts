// The whole engine over the in-memory twins, driven by hand: records in, ticks run, objects out. No faults; those are the simulator's.
import { tellListeners } from '../../lib/runtime/tell-listeners.ts'
import { kinesis } from '../../lib/sources/kinesis/source.ts'
import { readDeadLetters } from '../../lib/runtime/logs/dead-letters.ts'
import type { Job } from '../../lib/program/job.ts'
import { loadTables } from '../../lib/program/load-tables.ts'
import type { DeadLetter, RawRecord } from '../../lib/plan/compute.ts'
import { planJob } from '../../lib/plan/plan-job.ts'
import { createRuntime, type Runtime } from '../../lib/runtime/create-runtime.ts'
import { decodeEntry } from '../../lib/runtime/entries/entry-codec.ts'
import type { Entry } from '../../lib/runtime/entries/entry.ts'
import { ManualClock } from '../../lib/runtime/ports/manual-clock.ts'
import { MemoryLog } from '../../lib/runtime/ports/memory-log.ts'
import { MemoryMessages } from '../../lib/runtime/ports/memory-messages.ts'
import { MemoryObjects } from '../../lib/runtime/ports/memory-objects.ts'
import { MemoryProgress } from '../../lib/runtime/ports/memory-progress.ts'
import type { Ports, RuntimeEvent, RuntimeSettings } from '../../lib/runtime/runtime.ts'

const FOREVER = { remainingMs: (): number => 900_000 }

export interface Engine {
  readonly clock: ManualClock
  readonly ports: {
    readonly log: MemoryLog
    readonly progress: MemoryProgress
    readonly objects: MemoryObjects
    readonly messages: MemoryMessages
    readonly clock: ManualClock
  }
  readonly events: RuntimeEvent[]
  readonly printed: string[]
  /** A process of its own, with cold caches. */
  process(options?: { readonly deploy?: number; readonly job?: Job; readonly numPartitions?: number; readonly settings?: Partial<RuntimeSettings> }): Runtime
  /** Delivers records, numbered from `from`: they arrive now, unless that number has been delivered before or `arrivalMs` says otherwise. */
  deliver(
    runtime: Runtime,
    values: readonly string[],
    at?: { readonly stream?: string; readonly shard?: string; readonly from?: number; readonly remainingMs?: number; readonly arrivalMs?: number },
  ): ReturnType<Runtime['receive']>
  /** Runs messages and the clock until `toMs`, by this process. */
  runTo(runtime: Runtime, toMs: number): Promise<void>
  /** What the minute rule does: one tick, now. */
  tick(runtime: Runtime): Promise<void>
  entries(log: string): Promise<readonly Entry[]>
  text(key: string): Promise<string | null>
  deadLetters(log: string): Promise<readonly DeadLetter[]>
}

export function makeEngine(job: Job, settings: Partial<RuntimeSettings> = {}, wrap: (ports: Ports) => Ports = (p) => p): Engine {
  const clock = new ManualClock(1_000_000)
  const messages = new MemoryMessages(clock)
  const ports = { log: new MemoryLog(), progress: new MemoryProgress(), objects: new MemoryObjects(), messages, clock }
  const events: RuntimeEvent[] = []
  const printed: string[] = []
  let ids = 0
  const entries = async (log: string): Promise<readonly Entry[]> => {
    const found: Entry[] = []
    for (let n = 0; ; n++) {
      const bytes = await ports.log.get({ log, n })
      if (bytes === null) return found
      found.push(decodeEntry(bytes))
    }
  }
  const arrivals = new Map<string, number>()
  const arrivalOf = (record: string): number => {
    const arrivalMs = arrivals.get(record) ?? clock.now()
    arrivals.set(record, arrivalMs)
    return arrivalMs
  }
  return {
    clock,
    ports,
    events,
    printed,
    process: ({ deploy = 1, job: other = job, numPartitions, settings: own } = {}) => {
      const plan = planJob(other, numPartitions === undefined ? {} : { numPartitions })
      return createRuntime({
        plan,
        ports: wrap(ports),
        deploy,
        newId: () => `id${++ids}`,
        settings: { ...settings, ...own },
        loadTables: () => loadTables(plan.tables),
        observe: (e) => events.push(e),
        print: (t) => printed.push(t),
        completed: tellListeners(plan, { sleep: () => new Promise(() => {}), warn: (message) => events.push({ event: 'warning', message }) }),
      })
    },
    deliver: (runtime, values, { stream = 'lines', shard = 'shard-0', from = 0, remainingMs, arrivalMs } = {}) => {
      const records = values.map((value, i): RawRecord => ({
        data: Buffer.from(value).toString('base64'),
        partitionKey: 'k',
        sequenceNumber: String(from + i + 1),
        index: 0,
        arrivalMs: arrivalMs ?? arrivalOf(`${stream}/${shard}/${from + i + 1}`),
      }))
      return runtime.receive({ source: kinesis, stream, shard, records, full: false }, remainingMs === undefined ? FOREVER : { remainingMs: () => remainingMs })
    },
    runTo: async (runtime, toMs) => {
      for (;;) {
        const next = messages.nextDueMs()
        if (next === null || next > toMs) break
        if (next > clock.now()) clock.moveTo(next)
        for (const message of messages.takeDue()) await runtime.message(message, FOREVER)
      }
      if (clock.now() < toMs) clock.moveTo(toMs)
    },
    tick: (runtime) => runtime.message({ kind: 'tick' }, FOREVER),
    entries,
    text: async (key) => {
      const bytes = await ports.objects.get(key)
      return bytes === null ? null : Buffer.from(bytes).toString()
    },
    deadLetters: async (log) => {
      const refs = (await entries(log)).flatMap((e) => ('deadLetters' in e && e.deadLetters !== null ? [e.deadLetters] : []))
      return (await Promise.all(refs.map((ref) => readDeadLetters(ports.objects, ref)))).flat()
    },
  }
}
