import { decompress } from '../codec.ts'
import { decodeChanges, type StateChanges } from '../state/changes.ts'
import { decodeManifest } from '../state/manifest.ts'
import { PartitionState } from '../state/partition-state.ts'
import type { SnapshotRef, TaskEntry } from './entry.ts'
import type { CachedState, Invocation } from './invocation.ts'
import { readState } from './load-buckets.ts'
import { stateFolder, taskLog } from './log-names.ts'
import { must, obey } from './read-log.ts'
import { readBytes } from './spill.ts'
import type { Snapshot } from './write-snapshot.ts'

/** Returns the state of a task after entry k: what this process has, or snapshot and changes, by exact numbers. Nobody else may move it before the caller's next await. */
export async function stateAfter(run: Invocation, stage: string, partition: number, k: number): Promise<CachedState> {
  const log = taskLog(stage, partition)
  const known = run.memory.states.get(log, run.now())
  if (known !== undefined && known.entry <= k && k - known.entry <= run.settings.tailEntries) {
    if (known.entry === k) return known
    const [end] = await must(run, 'task', [{ log, n: k }])
    // A snapshot that came in between is read instead: a tail would grow for ever in a process that only follows.
    if (end !== undefined && (end.snapshot?.entry ?? -1) <= known.entry) await catchUp(run, log, known, k)
    // Another invocation in this process may have moved it on meanwhile.
    if (known.entry === k) return known
  }
  const [end] = await must(run, 'task', [{ log, n: k }])
  if (end === undefined) throw new Error(`entry ${k} of ${log} was not read`)
  const { snapshot, tailBytes } = obey(run, end)
  const state = await readSnapshot(run, log, snapshot, known?.state)
  const fresh: CachedState = { entry: snapshot?.entry ?? -1, state, snapshot, tailBytes, readAtMs: run.now() }
  await catchUp(run, log, fresh, k)
  keep(run, log, fresh)
  return fresh
}

/** Only the manifest is read: buckets are when they are needed. What `known` has of them in memory is taken over. */
async function readSnapshot(run: Invocation, log: string, ref: SnapshotRef | null, known: PartitionState | undefined): Promise<PartitionState> {
  if (ref !== null && 'manifest' in ref) {
    const { key, offset, length } = ref.manifest
    const bytes = await readState(run, key, { offset, length })
    return PartitionState.of(run.plan, decodeManifest(bytes, stateFolder(log), `${key} at ${offset}`, known?.buckets()))
  }
  // Version 1: a whole state, as changes to nothing.
  const parts = await Promise.all((ref?.keys ?? []).map((key) => readState(run, key)))
  const state = PartitionState.empty(run.plan)
  for (const part of parts) state.apply(decodeChanges(decompress(part)))
  return state
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

/** The only place where committed state changes: with the changes of an entry that the log is known to hold, right after the one before; or with the snapshot that has them. */
export function commit(cached: CachedState, n: number, entry: TaskEntry, changes: StateChanges, snapshot?: Snapshot): void {
  if (cached.entry !== n - 1) return
  if (snapshot === undefined) cached.state.apply(changes)
  else cached.state = snapshot.state
  cached.entry = n
  cached.snapshot = entry.snapshot
  cached.tailBytes = entry.tailBytes
}

/** Remembers a state, unless this process knows a later one. */
export function keep(run: Invocation, log: string, cached: CachedState): void {
  const known = run.memory.states.get(log, run.now())
  if (known === undefined || known.entry <= cached.entry) run.memory.states.set(log, cached, cached.tailBytes + STATE_BYTES, run.now())
}

/** Of a state besides its tail: places of buckets, empty maps. */
const STATE_BYTES = 16 * 1024

/** A stage that was not there before starts with nothing. */
export function emptyState(run: Invocation, k: number): CachedState {
  return { entry: k, state: PartitionState.empty(run.plan), snapshot: { entry: k, keys: [] }, tailBytes: 0, readAtMs: run.now() }
}
