import type { LoadedTables } from '../plan/compute.ts'
import type { Plan } from '../plan/plan.ts'
import { BucketCache } from '../state/bucket-cache.ts'
import type { PartitionState } from '../state/partition-state.ts'
import { ByteCache } from './entries/byte-cache.ts'
import type { BatchEntry, Entry, Position, SnapshotRef } from './entries/entry.ts'
import type { ClosedBatch, Deadline, Ports, RuntimeEvent, RuntimeOptions, RuntimeSettings } from './runtime.ts'
import { CACHE_AGE_MS, defaultSettings } from './settings.ts'

/** What is known of the end of a receiver log. */
export interface Head {
  readonly n: number
  readonly last: Position | null
  /** See ReceiverEntry. */
  readonly carry?: unknown
  readonly maxTime: number
  /** Of its last block; 0: not known. */
  readonly lastTime: number
  readonly deploy: number
  readonly at: number
  readonly behind: boolean
  /** Static tables that were used: name to content hash. */
  readonly tables: Readonly<Record<string, string>>
}

/** The newest batch. `number` -1: there is none yet. */
export interface BatchHead {
  readonly number: number
  readonly entry: BatchEntry | null
}

/** A task's state after entry `entry` of its log; `state` changes together with `entry`. */
export interface CachedState {
  entry: number
  state: PartitionState
  snapshot: SnapshotRef | null
  tailBytes: number
  readonly readAtMs: number
}

/** What a warm process remembers between invocations. Only ever a cache: everything in it can be read again from the logs. */
export interface Memory {
  readonly entries: ByteCache<Entry>
  readonly states: ByteCache<CachedState>
  /** The loaded parts of all states. */
  readonly buckets: BucketCache
  readonly heads: Map<string, Head & { readonly readAtMs: number }>
  batch: (BatchHead & { readonly readAtMs: number }) | null
  tables: Promise<LoadedTables> | null
  compatible: boolean
  /** Whether the logs are known to be this stack's. */
  owned: boolean
  /** So many events more receive takes it that a record may be bad. */
  carefulEvents: number
  /** Whether receive's last look past a remembered head found something. */
  looksFirst: boolean
  /** Entries found per row and tick lately: how far to read ahead. */
  readAhead: number
  /** By task log: objects of snapshots that no snapshot but the last but one names, where several jobs may have theirs. */
  readonly leaving: Map<string, readonly string[]>
  /** When a tick of this process comes to look after a batch. */
  looksAtMs: number
}

export function emptyMemory(settings: RuntimeSettings): Memory {
  return {
    entries: new ByteCache({ maxSize: settings.logCacheBytes, maxAgeMs: CACHE_AGE_MS }),
    states: new ByteCache({ maxSize: settings.logCacheBytes, maxAgeMs: CACHE_AGE_MS }),
    buckets: new BucketCache(settings.stateCacheBytes),
    heads: new Map(),
    batch: null,
    tables: null,
    compatible: false,
    owned: false,
    carefulEvents: 0,
    looksFirst: false,
    readAhead: 1,
    leaving: new Map(),
    looksAtMs: 0,
  }
}

/** What one invocation has done; becomes its log line. */
export interface Meter {
  readonly counts: Record<string, number>
  readonly stepsMs: Record<string, number>
  /** Batches that it worked on. */
  readonly batches: Set<number>
}

/** One invocation in a process: its plan, its ports, the process's memory. */
export interface Invocation {
  readonly plan: Plan
  readonly ports: Ports
  readonly settings: RuntimeSettings
  readonly deploy: number
  readonly memory: Memory
  readonly meter: Meter
  readonly deadline: Deadline
  now(): number
  newId(): string
  observe(event: RuntimeEvent): void
  print(text: string): void
  readonly completed: ((batch: ClosedBatch) => Promise<void>) | undefined
  tables(): Promise<LoadedTables>
}

/** Returns the settings of a process: what it was given, and defaults. */
export function settingsOf({ plan, settings }: RuntimeOptions): RuntimeSettings {
  return { ...defaultSettings(plan.intervalMs), ...settings }
}

export function openInvocation(options: RuntimeOptions, memory: Memory, deadline: Deadline): Invocation {
  const { plan, ports, deploy } = options
  return {
    plan,
    ports,
    settings: settingsOf(options),
    deploy,
    memory,
    meter: { counts: {}, stepsMs: {}, batches: new Set() },
    deadline,
    now: () => ports.clock.now(),
    newId: options.newId,
    observe: options.observe ?? (() => {}),
    print: options.print ?? (() => {}),
    completed: options.completed,
    tables: () => {
      memory.tables ??= options.loadTables().catch((error: unknown) => {
        memory.tables = null
        throw error
      })
      return memory.tables
    },
  }
}

export function count(run: Invocation, what: string, by = 1): void {
  run.meter.counts[what] = (run.meter.counts[what] ?? 0) + by
}

/** Names a batch in the log line. */
export function noteBatch(run: Invocation, batch: number): void {
  run.meter.batches.add(batch)
}

/** Runs a step and adds its milliseconds to the log line. */
export async function timed<T>(run: Invocation, step: string, work: () => Promise<T>): Promise<T> {
  const from = run.now()
  try {
    return await work()
  } finally {
    run.meter.stepsMs[step] = (run.meter.stepsMs[step] ?? 0) + run.now() - from
  }
}
