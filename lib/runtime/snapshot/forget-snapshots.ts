import type { PartitionState } from '../../state/partition-state.ts'
import type { SnapshotRef } from '../entries/entry.ts'
import type { Invocation } from '../invocation.ts'
import { stateFolder } from '../entries/log-names.ts'

/**
 * Deletes what only the last snapshot but one named, and what attempts left behind that lost: of the objects whose entry number is below that of the snapshot just committed,
 * those that neither it nor the one before names. Whoever is behind may still read the one before; of old objects, later snapshots name only what this one does.
 */
export async function forgetSnapshots(run: Invocation, log: string, current: NamedObjects, before: NamedObjects): Promise<void> {
  const folder = stateFolder(log)
  const named = new Set([...namesOf(current), ...namesOf(before)])
  const listed = await run.ports.objects.list(folder)
  const isOld = (key: string): boolean => Number.parseInt(key.slice(folder.length), 10) < (current.ref?.entry ?? 0)
  const old = listed.map(({ key }) => key).filter((key) => isOld(key) && !named.has(key))
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
