import { kinesis } from '../lib/sources/kinesis/source.ts'
import type { Job } from 'millrace'
import { loadTables } from '../lib/program/load-tables.ts'
import type { RawRecord } from '../lib/plan/compute.ts'
import { planJob } from '../lib/plan/plan-job.ts'
import { createRuntime } from '../lib/runtime/create-runtime.ts'
import { ManualClock } from '../lib/runtime/ports/manual-clock.ts'
import { MemoryLog } from '../lib/runtime/ports/memory-log.ts'
import { MemoryMessages } from '../lib/runtime/ports/memory-messages.ts'
import { MemoryObjects } from '../lib/runtime/ports/memory-objects.ts'
import { MemoryProgress } from '../lib/runtime/ports/memory-progress.ts'
import type { Ports } from '../lib/runtime/runtime.ts'

const FOREVER = { remainingMs: (): number => 900_000 }
const EVENT_RECORDS = 9_000
export const START_MS = 1_764_000_000_000

/** The engine as it is shipped, over stores in memory, with one shard and one warm process. */
export interface MemoryWorld {
  /** Returns the lines as records that arrive now: not part of what is measured. */
  records(lines: readonly string[]): readonly RawRecord[]
  /** Receives the records, moves the clock past the end of their batch, and runs what is due; returns the milliseconds that took. */
  batch(records: readonly RawRecord[]): Promise<number>
  /** Part files written so far. */
  files(): Promise<number>
  /** A part file as text, by its whole name; null: there is none. */
  file(key: string): Promise<string | null>
  /** The last part file under a prefix, as text. */
  lastFile(prefix: string): Promise<string>
}

/** Returns a world for the job; `stores`: instead of those in memory. */
export function memoryWorld(job: Job, stores: Partial<Pick<Ports, 'log' | 'progress' | 'objects'>> = {}): MemoryWorld {
  const clock = new ManualClock(START_MS)
  const messages = new MemoryMessages(clock)
  const objects = stores.objects ?? new MemoryObjects()
  const plan = planJob(job)
  let ids = 0
  let sequence = 0
  const ports = { log: new MemoryLog(), progress: new MemoryProgress(), ...stores, objects, messages, clock }
  const runtime = createRuntime({ plan, ports, deploy: 1, newId: () => `id-${++ids}`, loadTables: () => loadTables(plan.tables) })
  const parts = async (prefix: string): Promise<readonly string[]> => (await objects.list(prefix)).map(({ key }) => key).filter((key) => key.includes('/part-'))
  return {
    records: (lines) =>
      lines.map((line) => ({
        data: Buffer.from(line).toString('base64'),
        partitionKey: 'key',
        sequenceNumber: String(1_000_000_000_000 + ++sequence),
        index: 0,
        arrivalMs: clock.now(),
      })),
    batch: async (records) => {
      const started = process.hrtime.bigint()
      for (let i = 0; i < records.length; i += EVENT_RECORDS) {
        await runtime.receive(
          { source: kinesis, stream: 'lines', shard: 'shardId-000000000000', records: records.slice(i, i + EVENT_RECORDS), full: false },
          FOREVER,
        )
      }
      const end = clock.now() + plan.intervalMs
      for (;;) {
        const next = messages.nextDueMs()
        if (next === null || next > end) break
        if (next > clock.now()) clock.moveTo(next)
        for (const message of messages.takeDue()) await runtime.message(message, FOREVER)
      }
      if (clock.now() < end) clock.moveTo(end)
      return Number(process.hrtime.bigint() - started) / 1e6
    },
    files: async () => (await parts('')).length,
    file: async (key) => {
      const bytes = await objects.get(key)
      return bytes === null ? null : Buffer.from(bytes).toString()
    },
    lastFile: async (prefix) => {
      const bytes = await objects.get((await parts(prefix)).at(-1) ?? '')
      return bytes === null ? '' : Buffer.from(bytes).toString()
    },
  }
}
