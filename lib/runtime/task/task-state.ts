import { decodeChanges, type StateChanges } from '../../state/changes.ts'
import { PartitionState } from '../../state/partition-state.ts'
import type { TaskEntry } from '../entries/entry.ts'
import { count, type CachedState, type Invocation } from '../invocation.ts'
import { taskLog } from '../entries/log-names.ts'
import { must, obey } from '../logs/read-log.ts'
import { readSnapshot } from '../snapshot/read-snapshot.ts'
import { readBytes } from '../logs/spill.ts'
import type { Snapshot } from '../snapshot/write-snapshot.ts'

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
  const state = await readSnapshot(run.ports.objects, { ranks: run.plan.ranks, job: run.plan.name, log, ref: snapshot, known: known?.state.buckets() ?? [] })
  count(run, 'snapshotReads')
  const fresh: CachedState = { entry: snapshot?.entry ?? -1, state, snapshot, tailBytes, readAtMs: run.now() }
  await catchUp(run, log, fresh, k)
  keep(run, log, fresh)
  return fresh
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
