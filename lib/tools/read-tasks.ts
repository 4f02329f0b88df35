import { MillraceError } from '../values/errors.ts'
import { readSnapshot } from '../runtime/snapshot/read-snapshot.ts'
import { readBytes } from '../runtime/logs/spill.ts'
import { decodeChanges } from '../state/changes.ts'
import type { PartitionState } from '../state/partition-state.ts'
import type { BatchEntry, SnapshotRef, TaskEntry } from '../runtime/entries/entry.ts'
import { taskLog } from '../runtime/entries/log-names.ts'
import type { Objects } from '../runtime/ports/objects.ts'
import type { EntryReader } from './entry-reader.ts'
import { inTurns } from './in-turns.ts'
import type { TaskStatus } from './job-status.ts'

export interface TasksRequest {
  readonly job: string
  readonly number: number
  readonly batch: BatchEntry
}

/** Returns how far the tasks of the newest batch are, and what they keep. */
export function readTasks(reader: EntryReader, objects: Objects, { job, number, batch }: TasksRequest): Promise<readonly TaskStatus[]> {
  const tasks = batch.tasks.flatMap(([stage, partitions]) => Array.from({ length: partitions }, (_, partition) => ({ stage, partition })))
  return inTurns(tasks, (task) => readTask(reader, objects, { job, number }, task))
}

async function readTask(
  reader: EntryReader,
  objects: Objects,
  { job, number }: { readonly job: string; readonly number: number },
  task: { readonly stage: string; readonly partition: number },
): Promise<TaskStatus> {
  const log = taskLog(task.stage, task.partition)
  const [entry, before] = await reader.many(
    'task',
    [number, number - 1].filter((n) => n >= 0).map((n) => ({ log, n })),
  )
  const newest = entry ?? before ?? null
  if (newest === null) return { ...task, batch: null, keys: 0, stateBytes: 0, snapshotBatch: null, operators: {} }
  const n = newest === entry ? number : number - 1
  const state = await stateAfter(reader, objects, { job, log, n }, newest.snapshot)
  return {
    ...task,
    batch: n,
    keys: state?.keys ?? null,
    stateBytes: [...(state?.buckets() ?? [])].reduce((sum, { place }) => sum + place.length, newest.tailBytes),
    // The empty snapshot before a job's first batch says nothing.
    snapshotBatch: newest.snapshot === null || newest.snapshot.entry < 0 ? null : newest.snapshot.entry,
    operators: Object.fromEntries((state?.operators() ?? []).map((uid) => [uid, state?.table(uid)?.groups.get(0)?.size ?? 0])),
  }
}

/** The state after entry n is a snapshot and the changes of the entries since. How many keys it has is known without reading a bucket. */
async function stateAfter(
  reader: EntryReader,
  objects: Objects,
  { job, log, n }: { readonly job: string; readonly log: string; readonly n: number },
  snapshot: SnapshotRef | null,
): Promise<PartitionState | null> {
  const from = (snapshot?.entry ?? -1) + 1
  const entries = await reader.many(
    'task',
    Array.from({ length: n - from + 1 }, (_, i) => ({ log, n: from + i })),
  )
  const found = entries.filter((entry): entry is TaskEntry => entry !== null)
  try {
    const state = await readSnapshot(objects, { ranks: new Map(), job, log, ref: snapshot })
    if (found.length < entries.length) return null
    for (const { changes } of found) state.apply(decodeChanges(await readBytes({ ports: { objects } }, changes)))
    return state
  } catch (error) {
    // Gone while this was reading: the job is faster than whoever asks.
    if (error instanceof MillraceError && error.code === 'MISSING_ENTRY') return null
    throw error
  }
}
