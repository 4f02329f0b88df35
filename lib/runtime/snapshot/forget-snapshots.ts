import { describeError } from '../../values/describe-error.ts'
import type { PartitionState } from '../../state/partition-state.ts'
import type { SnapshotRef } from '../entries/entry.ts'
import { count, type Invocation } from '../invocation.ts'
import { sharedStateFolder, stateFolder } from '../entries/log-names.ts'

/**
 * Deletes what only the last snapshot but one named, and what attempts left behind that lost: of the objects whose entry number is below that of the snapshot just committed,
 * those that neither it nor the one before names. `needed`: up to this entry the log has the state of operators that are away. Whoever is behind may still read the one before; of old objects, later snapshots name only what this one does.
 */
export async function forgetSnapshots(run: Invocation, log: string, current: NamedObjects, before: NamedObjects, needed = -1): Promise<void> {
  try {
    await forget(run, log, current, before, needed)
  } catch (error) {
    // What is left over is deleted with the next snapshot; the batch need not wait for it.
    count(run, 'failedDeletes')
    run.observe({ event: 'warning', what: 'old snapshots could not be deleted', log, error: describeError(error).message })
  }
}

async function forget(run: Invocation, log: string, current: NamedObjects, before: NamedObjects, needed: number): Promise<void> {
  const folder = stateFolder(run.plan.name, log)
  const named = new Set([...namesOf(current), ...namesOf(before)])
  const listed = await run.ports.objects.list(folder)
  const isOld = (key: string): boolean => {
    const entry = Number.parseInt(key.slice(folder.length), 10)
    return entry < (current.ref?.entry ?? 0) && entry > needed
  }
  // What lies where all jobs wrote side by side is not listed: only what this process has seen this job name, and nothing names any more.
  const shared = sharedStateFolder(log)
  const leaving = run.memory.leaving.get(log) ?? []
  const now = new Set(namesOf(current))
  run.memory.leaving.set(
    log,
    namesOf(before).filter((key) => key.startsWith(shared) && !now.has(key)),
  )
  const old = [...listed.map(({ key }) => key).filter(isOld), ...leaving].filter((key) => !named.has(key))
  if (old.length > 0) await run.ports.objects.delete(old)
}

/** A snapshot and the state that was read from it. */
export interface NamedObjects {
  readonly ref: SnapshotRef | null
  readonly state: PartitionState
}

function namesOf({ ref, state }: NamedObjects): readonly string[] {
  if (ref === null) return []
  return 'keys' in ref ? ref.keys : [ref.manifest.key, ...state.objects]
}
