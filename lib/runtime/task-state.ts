import { MillraceError } from '../errors.ts'
import { decodeChanges, type StateChanges } from '../state/changes.ts'
import { PartitionState } from '../state/partition-state.ts'
import { encodeSnapshot, loadSnapshot } from '../state/snapshot.ts'
import type { SnapshotRef, TaskEntry } from './entry.ts'
import { count, type CachedState, type Invocation } from './invocation.ts'
import { STATE_PREFIX, taskLog } from './log-names.ts'
import { find, must, obey } from './read-log.ts'
import { readBytes } from './spill.ts'

/** Returns the state of a task after entry k: what this process has, or snapshot and changes, by exact numbers. Nobody else may move it before the caller's next await. */
export async function stateAfter(run: Invocation, stage: string, partition: number, k: number): Promise<CachedState> {
  const log = taskLog(stage, partition)
  const known = run.memory.states.get(log, run.now())
  if (known !== undefined && known.entry <= k && k - known.entry <= run.settings.tailEntries) {
    await catchUp(run, log, known, k)
    // Another invocation in this process may have moved it on meanwhile.
    if (known.entry === k) return known
  }
  const [end] = await must(run, 'task', [{ log, n: k }])
  if (end === undefined) throw new Error(`entry ${k} of ${log} was not read`)
  obey(run, end)
  const from = end.snapshot?.entry ?? -1
  const parts = await Promise.all((end.snapshot?.keys ?? []).map((key) => readSnapshot(run, key)))
  const fresh: CachedState = { entry: from, state: loadSnapshot(run.plan, parts), snapshot: end.snapshot, tailBytes: end.tailBytes, readAtMs: run.now() }
  await catchUp(run, log, fresh, k)
  keep(run, log, fresh)
  return fresh
}

async function readSnapshot(run: Invocation, key: string): Promise<Uint8Array> {
  const bytes = await run.ports.objects.get(key)
  if (bytes === null)
    throw new MillraceError(
      'MISSING_ENTRY',
      `snapshot ${key}, which a log entry points to, does not exist: somebody has deleted it. Nothing is committed; restore the object (the bucket keeps versions if you let it)`,
    )
  count(run, 'snapshotReads')
  return bytes
}

/** Applies the entries that are missing. Each is applied by whoever finds the state right before it. */
async function catchUp(run: Invocation, log: string, cached: CachedState, k: number): Promise<void> {
  const first = cached.entry + 1
  if (first > k) return
  const entries = await must(
    run,
    'task',
    Array.from({ length: k - cached.entry }, (_, i) => ({ log, n: first + i })),
  )
  const changes = await Promise.all(entries.map(async (entry) => decodeChanges(await readBytes(run, obey(run, entry).changes))))
  entries.forEach((entry, i) => commit(cached, first + i, entry, changes[i] ?? []))
}

/** The only place where committed state changes: with the changes of an entry that the log is known to hold, right after the one before. */
export function commit(cached: CachedState, n: number, entry: TaskEntry, changes: StateChanges): void {
  if (cached.entry !== n - 1) return
  cached.state.apply(changes)
  cached.entry = n
  cached.snapshot = entry.snapshot
  cached.tailBytes = entry.tailBytes
}

/** Remembers a state, unless this process knows a later one. */
export function keep(run: Invocation, log: string, cached: CachedState): void {
  const known = run.memory.states.get(log, run.now())
  if (known === undefined || known.entry <= cached.entry) run.memory.states.set(log, cached, cached.state.rows, run.now())
}

/** A stage that was not there before starts with nothing. */
export function emptyState(run: Invocation, k: number): CachedState {
  return { entry: k, state: PartitionState.empty(run.plan), snapshot: { entry: k, keys: [] }, tailBytes: 0, readAtMs: run.now() }
}

export interface SnapshotObjects {
  readonly ref: SnapshotRef
  readonly objects: readonly { readonly key: string; readonly bytes: Uint8Array }[]
}

/** Returns the snapshot of the state with the changes on top. Synchronous: nothing can come in between. */
export function snapshotOf(cached: CachedState, log: string, entry: { readonly n: number; readonly id: string }, changes: StateChanges): SnapshotObjects {
  const objects = encodeSnapshot(cached.state, changes).parts.map((bytes, i) => ({ key: `${STATE_PREFIX}${log}/${entry.n}-${entry.id}/${i}`, bytes }))
  return { ref: { entry: entry.n, keys: objects.map(({ key }) => key) }, objects }
}

/** Deletes what only the last snapshot but one named. Whoever is behind may still read the last one. */
export async function forgetSnapshots(run: Invocation, log: string, current: SnapshotRef, previous: SnapshotRef | null): Promise<void> {
  if (previous === null || previous.entry < 1) return
  const before = await find(run, 'task', { log, n: previous.entry - 1 }, { consistent: false })
  const named = new Set([...current.keys, ...previous.keys])
  const old = (before?.snapshot?.keys ?? []).filter((key) => !named.has(key))
  if (old.length > 0) await run.ports.objects.delete(old)
}
