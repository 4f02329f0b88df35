import { MillraceError } from '../values/errors.ts'
import { hashKey, partitionOf, type Key } from '../values/key.ts'
import { decodeEntry } from '../runtime/entries/entry-codec.ts'
import type { BatchEntry, Entry, TaskEntry } from '../runtime/entries/entry.ts'
import { BATCH_LOG, taskLog } from '../runtime/entries/log-names.ts'
import { readBytes } from '../runtime/logs/spill.ts'
import type { Log, LogKey } from '../runtime/ports/log.ts'
import type { Objects } from '../runtime/ports/objects.ts'
import { readSnapshot, readStateObject } from '../runtime/snapshot/read-snapshot.ts'
import type { Bucket } from '../state/bucket.ts'
import { decodeChanges } from '../state/changes.ts'
import type { PartitionState } from '../state/partition-state.ts'
import { NOT_LOADED } from '../state/not-loaded.ts'

/** A snapshot may be replaced while it is read: then it is begun again from the head, so often. */
const TRIES = 5
const NO_RANKS: ReadonlyMap<string, (value: unknown) => number> = new Map()

export interface StatePorts {
  readonly log: Pick<Log, 'get' | 'getMany' | 'newest'>
  readonly objects: Pick<Objects, 'get'>
}

/** Where an operator's state is. */
export interface StatePlace {
  /** Of the newest batch, by which it is there. */
  readonly batch: number
  readonly stage: string
  readonly partitions: number
  /** Its values are `[state, last update]`. */
  readonly timed: boolean
  /** Its window, ms; undefined: it keeps no panes. */
  readonly windowMs: number | undefined
}

/** A key's state, and where it was found. */
export interface FoundState {
  readonly value: unknown
  readonly partition: number
  /** Of the newest entry of its task log. */
  readonly batch: number
  /** Object and offset of its bucket in the snapshot; undefined: there is none. */
  readonly bucket: string | undefined
  /** Entries since the snapshot that were read. */
  readonly tail: number
}

/** The states of all operators after one batch. */
export interface StatesOfBatch {
  readonly batch: number
  readonly timeMs: number
  readonly operators: ReadonlyMap<string, readonly StateRow[]>
}

export interface StateRow {
  readonly key: Key
  readonly value: unknown
  /** End of the pane, epoch ms; null: it is no pane. */
  readonly paneMs: number | null
  readonly partition: number
}

/** Reads a running job's state, as a task would. Nothing is kept, and nothing is ever written. */
export class StateReader {
  readonly #job: string
  readonly #ports: StatePorts

  constructor(job: string, ports: StatePorts) {
    this.#job = job
    this.#ports = ports
  }

  /** Returns the newest batch; null: there is none yet. */
  async newestBatch(): Promise<{ readonly n: number; readonly entry: BatchEntry } | null> {
    const head = await this.#ports.log.newest(BATCH_LOG)
    if (head === null) return null
    const entry = decodeEntry(head.bytes, `entry ${BATCH_LOG}#${head.n}`)
    if (entry.kind !== 'batch') throw wrongKind({ log: BATCH_LOG, n: head.n }, entry)
    return { n: head.n, entry }
  }

  /** Returns where the state of an operator is; an error lists those that there are. */
  async placeOf(uid: string): Promise<StatePlace> {
    const head = await this.newestBatch()
    if (head === null) throw new MillraceError('USAGE', `job '${this.#job}' has run no batch yet: there is no state`)
    const place = placeIn(head.entry, uid, head.n)
    if (place !== undefined) return place
    const names = Object.keys(head.entry.keeps).sort()
    throw new MillraceError(
      'USAGE',
      `job '${this.#job}' has no operator '${uid}' that keeps state; ${names.length === 0 ? 'none of its operators does' : `there are ${names.join(', ')}`}`,
    )
  }

  /** Returns a key's state as it is after the newest entry of its partition, which is read strongly; value undefined: it has none. */
  async get(uid: string, key: Key, place: StatePlace): Promise<FoundState> {
    const partition = partitionOf(key, place.partitions)
    const log = taskLog(place.stage, partition)
    return again(async () => {
      const head = await this.#ports.log.newest(log)
      // A deploy has moved it here, and the task that takes it over is not done yet: it is where it was.
      if (place.batch > 0 && (head === null || head.n < place.batch - 1)) {
        const before = placeIn(await this.#batch(place.batch - 1), uid, place.batch - 1)
        if (before !== undefined) return this.get(uid, key, before)
      }
      if (head === null) return { value: undefined, partition, batch: -1, bucket: undefined, tail: 0 }
      const { state, tail } = await this.#stateAt({ log, n: head.n }, decodeTask({ log, n: head.n }, head.bytes))
      const group = state.table(uid)?.groups.get(0)
      // Whether it is loaded, and if not, which bucket it is in: noted in `missing`.
      group?.isLoaded([key])
      const [missing] = state.missing
      await this.#load(state)
      const found = group === undefined ? undefined : await this.#reading(state, () => group.get(key, hashKey(key)))
      return {
        value: valueOf(found, place.timed),
        partition,
        batch: head.n,
        bucket: missing === undefined ? undefined : `${missing.place.object.name} at ${missing.place.offset}`,
        tail,
      }
    })
  }

  /** Returns the states of these operators (left out: of all) after the newest batch that all tasks have computed. */
  async states(wanted?: ReadonlySet<string>): Promise<StatesOfBatch | null> {
    return again(async () => {
      const head = await this.newestBatch()
      if (head === null) return null
      for (const n of [head.n, head.n - 1]) {
        if (n < 0) return null
        const batch = n === head.n ? head.entry : await this.#batch(n)
        const tasks = batch.tasks.flatMap(([stage, partitions]) =>
          Array.from({ length: partitions }, (_, partition) => ({ log: taskLog(stage, partition), n, stage, partition })),
        )
        const entries = await this.#ports.log.getMany(tasks, { consistent: true })
        if (entries.some((bytes) => bytes === null)) continue
        const operators = new Map<string, StateRow[]>()
        for (const [i, task] of tasks.entries()) {
          const { state } = await this.#stateAt(task, decodeTask(task, entries[i] as Uint8Array))
          for (const [uid, table] of state.tables()) {
            if (wanted !== undefined && !wanted.has(uid)) continue
            const place = placeIn(batch, uid, n)
            // What is left of a state that was moved elsewhere.
            if (place !== undefined && place.stage !== task.stage) continue
            const rows = operators.get(uid) ?? []
            operators.set(uid, rows)
            for (const [group, content] of table.groups) {
              if (group < 0) continue // what an operator notes for itself
              for (const [key, value] of await this.#reading(state, () => [...content.entries()]))
                rows.push({ key, value: valueOf(value, place?.timed === true), paneMs: group === 0 ? null : group, partition: task.partition })
            }
          }
        }
        return { batch: n, timeMs: batch.time, operators }
      }
      return null
    })
  }

  async #batch(n: number): Promise<BatchEntry> {
    const key = { log: BATCH_LOG, n }
    const bytes = await this.#ports.log.get(key, { consistent: true })
    const entry = bytes === null ? undefined : decodeEntry(bytes, `entry ${BATCH_LOG}#${n}`)
    if (entry?.kind !== 'batch') throw new MillraceError('MISSING_ENTRY', `entry ${n} of the batch log of job '${this.#job}' is not there`)
    return entry
  }

  /** The snapshot that an entry names, with the changes of the entries since. */
  async #stateAt({ log, n }: LogKey, entry: TaskEntry): Promise<{ readonly state: PartitionState; readonly tail: number }> {
    const from = (entry.snapshot?.entry ?? -1) + 1
    const keys = Array.from({ length: Math.max(0, n - from) }, (_, i) => ({ log, n: from + i }))
    const before = await this.#ports.log.getMany(keys, { consistent: true })
    const entries = keys.map((key, i) => {
      const bytes = before[i]
      if (bytes === null || bytes === undefined) throw new MillraceError('MISSING_ENTRY', `entry ${key.n} of ${log} is not there`)
      return decodeTask(key, bytes)
    })
    const state = await readSnapshot(this.#ports.objects as Objects, { ranks: NO_RANKS, job: this.#job, log, ref: entry.snapshot })
    const all = from <= n ? [...entries, entry] : entries
    for (const one of all) state.apply(decodeChanges(await readBytes({ ports: { objects: this.#ports.objects as Objects } }, one.changes)))
    return { state, tail: all.length }
  }

  /** Reads what is not loaded, and looks again. */
  async #reading<T>(state: PartitionState, read: () => T): Promise<T> {
    for (;;) {
      try {
        return read()
      } catch (error) {
        if (error !== NOT_LOADED) throw error
      }
      await this.#load(state)
    }
  }

  async #load(state: PartitionState): Promise<void> {
    const missing: readonly Bucket[] = [...state.missing]
    state.missing.clear()
    for (const bucket of missing) {
      const { object, offset, length } = bucket.place
      bucket.hold(await readStateObject(this.#ports.objects as Objects, object.name, { offset, length }))
      bucket.unpack()
    }
  }
}

function placeIn(batch: BatchEntry, uid: string, number: number): StatePlace | undefined {
  const kept = batch.keeps[uid]
  if (kept === undefined) return undefined
  const { stage, numPartitions, windowMs } = JSON.parse(kept) as { readonly stage: string; readonly numPartitions: number; readonly windowMs?: number }
  return { batch: number, stage, partitions: numPartitions, timed: batch.timed?.includes(uid) === true, windowMs }
}

function valueOf(stored: unknown, timed: boolean): unknown {
  return timed && Array.isArray(stored) ? (stored as readonly unknown[])[0] : stored
}

function decodeTask(key: LogKey, bytes: Uint8Array): TaskEntry {
  const entry = decodeEntry(bytes, `entry ${key.log}#${key.n}`)
  if (entry.kind !== 'task') throw wrongKind(key, entry)
  return entry
}

function wrongKind({ log, n }: LogKey, { kind }: Entry): MillraceError {
  return new MillraceError('CORRUPT_ENTRY', `entry ${log}#${n} is of kind '${kind}': something else has written there`)
}

async function again<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof MillraceError && error.code === 'MISSING_ENTRY') || tries >= TRIES) throw error
    }
  }
}
