// The engine as it is shipped, over stores in memory that count what is asked of them, and as many shards and processes as wanted.
import { kinesis } from '../../lib/sources/kinesis/source.ts'
import type { Job } from 'millrace'
import type { LoadedTables, RawRecord } from '../../lib/plan/compute.ts'
import { planJob } from '../../lib/plan/plan-job.ts'
import { createRuntime, type Runtime } from '../../lib/runtime/create-runtime.ts'
import { STATE_PREFIX } from '../../lib/runtime/entries/log-names.ts'
import { ManualClock } from '../../lib/runtime/ports/manual-clock.ts'
import { MemoryLog } from '../../lib/runtime/ports/memory-log.ts'
import { MemoryMessages } from '../../lib/runtime/ports/memory-messages.ts'
import { MemoryObjects } from '../../lib/runtime/ports/memory-objects.ts'
import { MemoryProgress } from '../../lib/runtime/ports/memory-progress.ts'
import type { Ports, RuntimeEvent, RuntimeSettings } from '../../lib/runtime/runtime.ts'

const FOREVER = { remainingMs: (): number => 900_000 }
const NO_TABLES: LoadedTables = { get: () => undefined }
const EVENT_RECORDS = 9_000
const START_MS = 1_764_000_000_000
/** DynamoDB takes so many keys in one BatchGetItem. */
const KEYS_PER_GET = 100

/** Requests as an AWS adapter sends them, and bytes as they cross the wire. */
export interface Counts {
  /** Entries put, of all logs. */
  entryPuts: number
  /** GetItem, Query, and BatchGetItem of at most 100 keys. */
  entryReads: number
  progressRequests: number
  dynamoBytesWritten: number
  s3Requests: number
  s3BytesWritten: number
  messages: number
  /** Of the snapshots: puts, gets, lists and deletes under _millrace/state/. */
  stateRequests: number
  stateBytesWritten: number
  stateBytesRead: number
}

export interface SizeWorldOptions {
  readonly numPartitions?: number
  readonly settings?: Partial<RuntimeSettings>
  /** What S3 takes to answer: milliseconds to the first byte, then bytes per millisecond. */
  readonly s3?: { readonly firstByteMs: number; readonly bytesPerMs: number }
}

export interface SizeWorld {
  readonly counts: Counts
  readonly events: RuntimeEvent[]
  /** A process with cold caches. */
  /** `other`: settings that only this process has. */
  process(other?: Partial<RuntimeSettings>): Runtime
  /** Delivers the values now, spread over the shards. */
  deliver(runtime: Runtime, values: readonly string[], shards?: number): Promise<void>
  /** Runs what is due in the next so many milliseconds, and moves the clock. */
  runFor(runtime: Runtime, ms: number): Promise<void>
  /** Both, until the batch of the values is over; returns the milliseconds of CPU of delivering and of the rest: the machine may have other things to do. */
  batch(runtime: Runtime, values: readonly string[]): Promise<{ readonly receiveMs: number; readonly runMs: number }>
  readonly intervalMs: number
  /** What the last part files of an output hold, all partitions, as rows of JSON. */
  lastRows(prefix: string): Promise<readonly unknown[]>
}

/** Milliseconds of CPU that this process has used. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

export function noCounts(): Counts {
  return {
    entryPuts: 0,
    entryReads: 0,
    progressRequests: 0,
    dynamoBytesWritten: 0,
    s3Requests: 0,
    s3BytesWritten: 0,
    messages: 0,
    stateRequests: 0,
    stateBytesWritten: 0,
    stateBytesRead: 0,
  }
}

/** Returns a world for the job. */
export function sizeWorld(job: Job, { numPartitions, settings, s3 }: SizeWorldOptions = {}): SizeWorld {
  const clock = new ManualClock(START_MS)
  const messages = new MemoryMessages(clock)
  const objects = new MemoryObjects()
  const counts = noCounts()
  const events: RuntimeEvent[] = []
  const plan = planJob(job, numPartitions === undefined ? {} : { numPartitions })
  const ports = counted({ log: new MemoryLog(), progress: new MemoryProgress(), objects, messages, clock }, counts, s3)
  let ids = 0
  let sequence = 0
  const deliver = async (runtime: Runtime, values: readonly string[], shards = 1): Promise<void> => {
    const spread = Array.from({ length: shards }, (): RawRecord[] => [])
    for (const [i, value] of values.entries())
      spread[i % shards]?.push({
        data: Buffer.from(value).toString('base64'),
        partitionKey: 'key',
        sequenceNumber: String(1_000_000_000_000 + ++sequence),
        index: 0,
        arrivalMs: clock.now(),
      })
    for (const [shard, records] of spread.entries())
      for (let i = 0; i < records.length; i += EVENT_RECORDS)
        await runtime.receive(
          { source: kinesis, stream: 'lines', shard: `shardId-${String(shard).padStart(12, '0')}`, records: records.slice(i, i + EVENT_RECORDS), full: false },
          FOREVER,
        )
  }
  const runFor = async (runtime: Runtime, ms: number): Promise<void> => {
    const end = clock.now() + ms
    for (;;) {
      const next = messages.nextDueMs()
      if (next === null || next > end) break
      if (next > clock.now()) clock.moveTo(next)
      // Ticks that are due at once are one invocation, as on AWS: they carry nothing.
      const due = messages.takeDue()
      if (due.some(({ kind }) => kind === 'tick')) await runtime.message({ kind: 'tick' }, FOREVER)
      for (const message of due) if (message.kind === 'task') await runtime.message(message, FOREVER)
    }
    if (clock.now() < end) clock.moveTo(end)
  }
  return {
    counts,
    events,
    intervalMs: plan.intervalMs,
    deliver,
    runFor,
    process: (other) =>
      createRuntime({
        plan,
        ports,
        deploy: 1,
        newId: () => `id-${++ids}`,
        loadTables: () => Promise.resolve(NO_TABLES),
        observe: (event) => void (event.event === 'failed' || event.event === 'invocation' ? events.push(event) : 0),
        settings: { ...settings, ...other },
      }),
    batch: async (runtime, values) => {
      const started = cpuMs()
      await deliver(runtime, values)
      const received = cpuMs()
      // Its end, and the window and slack that a batch waits.
      await runFor(runtime, 2 * plan.intervalMs)
      return { receiveMs: received - started, runMs: cpuMs() - received }
    },
    lastRows: async (prefix) => {
      const parts = (await objects.list(`${prefix}-`)).map(({ key }) => key).filter((key) => key.includes('/part-'))
      const folder = parts.at(-1)?.split('/')[0] ?? ''
      const texts = await Promise.all(
        parts.filter((key) => key.startsWith(`${folder}/`)).map(async (key) => Buffer.from((await objects.get(key)) ?? []).toString()),
      )
      return texts.flatMap((text) => text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as unknown])))
    },
  }
}

function counted(ports: Ports, counts: Counts, s3: SizeWorldOptions['s3']): Ports {
  const answer = async (bytes: number): Promise<void> => {
    if (s3 !== undefined) await new Promise((resolve) => setTimeout(resolve, s3.firstByteMs + bytes / s3.bytesPerMs))
  }
  const object = (key: string): void => {
    if (key.startsWith(STATE_PREFIX)) counts.stateRequests++
    else counts.s3Requests++
  }
  const { log, progress, objects, messages } = ports
  return {
    ...ports,
    log: {
      put: (key, bytes, options) => {
        counts.entryPuts++
        counts.dynamoBytesWritten += bytes.length
        return log.put(key, bytes, options)
      },
      get: (key, options) => {
        counts.entryReads++
        return log.get(key, options)
      },
      getMany: (keys, options) => {
        counts.entryReads += Math.ceil(keys.length / KEYS_PER_GET)
        return log.getMany(keys, options)
      },
      newest: (name) => {
        counts.entryReads++
        return log.newest(name)
      },
    },
    progress: {
      get: (batch) => {
        counts.progressRequests++
        return progress.get(batch)
      },
      add: (batch, change) => {
        counts.progressRequests++
        return progress.add(batch, change)
      },
    },
    objects: {
      put: async (key, bytes) => {
        object(key)
        if (key.startsWith(STATE_PREFIX)) counts.stateBytesWritten += bytes.length
        else counts.s3BytesWritten += bytes.length
        await answer(bytes.length)
        return objects.put(key, bytes)
      },
      get: async (key, range) => {
        object(key)
        const bytes = await objects.get(key, range)
        if (key.startsWith(STATE_PREFIX)) counts.stateBytesRead += bytes?.length ?? 0
        await answer(bytes?.length ?? 0)
        return bytes
      },
      copy: (from, to) => {
        object(to)
        return objects.copy(from, to)
      },
      list: (prefix) => {
        object(prefix)
        return objects.list(prefix)
      },
      delete: (keys) => {
        object(keys[0] ?? '')
        return objects.delete(keys)
      },
    },
    messages: {
      send: (message, delayMs) => {
        counts.messages++
        return messages.send(message, delayMs)
      },
    },
  }
}
