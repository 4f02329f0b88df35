import { readBytes } from '../runtime/spill.ts'
import { decodeChanges } from '../state/changes.ts'
import { loadSnapshot } from '../state/snapshot.ts'
import type { BatchEntry, SnapshotRef, TaskEntry } from '../runtime/entry.ts'
import { taskLog } from '../runtime/log-names.ts'
import type { Objects } from '../runtime/objects.ts'
import type { EntryReader } from './entry-reader.ts'
import type { TaskStatus } from './job-status.ts'

/** Bytes of snapshot that are read to count keys; more would take longer than who asks for a status wants to wait. */
const MAX_SNAPSHOT_BYTES: number = 64 * 1024 * 1024

/** Returns how far the tasks of the newest batch are, and what they keep. */
export function readTasks(reader: EntryReader, objects: Objects, number: number, batch: BatchEntry): Promise<readonly TaskStatus[]> {
  const tasks = batch.tasks.flatMap(([stage, partitions]) => Array.from({ length: partitions }, (_, partition) => ({ stage, partition })))
  return Promise.all(tasks.map((task) => readTask(reader, objects, number, task)))
}

async function readTask(
  reader: EntryReader,
  objects: Objects,
  number: number,
  task: { readonly stage: string; readonly partition: number },
): Promise<TaskStatus> {
  const log = taskLog(task.stage, task.partition)
  const [entry, before] = await reader.many(
    'task',
    [number, number - 1].filter((n) => n >= 0).map((n) => ({ log, n })),
  )
  const newest = entry ?? before ?? null
  if (newest === null) return { ...task, batch: null, keys: 0, stateBytes: 0, snapshotBatch: null }
  const n = newest === entry ? number : number - 1
  const snapshotBytes = await sizeOf(objects, newest.snapshot)
  return {
    ...task,
    batch: n,
    keys: snapshotBytes > MAX_SNAPSHOT_BYTES ? null : await countKeys(reader, objects, { log, n }, newest.snapshot),
    stateBytes: snapshotBytes + newest.tailBytes,
    // The empty snapshot before a job's first batch says nothing.
    snapshotBatch: newest.snapshot === null || newest.snapshot.entry < 0 ? null : newest.snapshot.entry,
  }
}

async function sizeOf(objects: Objects, snapshot: SnapshotRef | null): Promise<number> {
  const [first] = snapshot?.keys ?? []
  if (first === undefined) return 0
  const found = await objects.list(first.slice(0, first.lastIndexOf('/') + 1))
  const own = new Set(snapshot?.keys)
  return found.reduce((sum, { key, size }) => sum + (own.has(key) ? size : 0), 0)
}

/** The state after entry n is a snapshot and the changes of the entries since. */
async function countKeys(
  reader: EntryReader,
  objects: Objects,
  { log, n }: { readonly log: string; readonly n: number },
  snapshot: SnapshotRef | null,
): Promise<number | null> {
  const from = (snapshot?.entry ?? -1) + 1
  const parts = await Promise.all((snapshot?.keys ?? []).map((key) => objects.get(key)))
  const entries = await reader.many(
    'task',
    Array.from({ length: n - from + 1 }, (_, i) => ({ log, n: from + i })),
  )
  // Gone while this was reading: the job is faster than whoever asks.
  if (parts.includes(null) || entries.includes(null)) return null
  const state = loadSnapshot(
    { ranks: new Map() },
    parts.filter((part) => part !== null),
  )
  for (const { changes } of entries.filter((entry): entry is TaskEntry => entry !== null))
    state.apply(decodeChanges(await readBytes({ ports: { objects } }, changes)))
  return state.keys
}
