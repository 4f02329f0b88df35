import { decompress } from '../../codec/rows.ts'
import { MillraceError } from '../../values/errors.ts'
import type { Bucket, Rank } from '../../state/bucket.ts'
import { decodeChanges } from '../../state/changes.ts'
import { decodeManifest } from '../../state/manifest.ts'
import { PartitionState } from '../../state/partition-state.ts'
import type { SnapshotRef } from '../entries/entry.ts'
import { sharedStateFolder, stateFolder } from '../entries/log-names.ts'
import type { ByteRange, Objects } from '../ports/objects.ts'

export interface SnapshotRequest {
  readonly ranks: ReadonlyMap<string, Rank>
  readonly job: string
  /** The task log whose entry names the snapshot. */
  readonly log: string
  readonly ref: SnapshotRef | null
  /** Buckets of an older snapshot: what is in memory of them is taken over. */
  readonly known?: Iterable<Bucket>
}

/** Returns the state that a snapshot holds. Only its manifest is read: buckets are when they are needed. Throws MISSING_ENTRY. */
export async function readSnapshot(objects: Objects, { ranks, job, log, ref, known }: SnapshotRequest): Promise<PartitionState> {
  if (ref !== null && 'manifest' in ref) {
    const { key, offset, length } = ref.manifest
    const bytes = await readStateObject(objects, key, { offset, length })
    return PartitionState.of({ ranks }, decodeManifest(bytes, { own: stateFolder(job, log), shared: sharedStateFolder(log) }, `${key} at ${offset}`, known))
  }
  // Version 1: a whole state, as changes to nothing.
  const parts = await Promise.all((ref?.keys ?? []).map((key) => readStateObject(objects, key)))
  const state = PartitionState.empty({ ranks })
  for (const part of parts) state.apply(decodeChanges(decompress(part)))
  return state
}

/** Returns bytes of an object of a snapshot. Throws MISSING_ENTRY. */
export async function readStateObject(objects: Objects, key: string, range?: ByteRange): Promise<Uint8Array> {
  const bytes = await objects.get(key, range)
  if (bytes !== null && (range === undefined || bytes.length === range.length)) return bytes
  const what =
    bytes === null ? 'does not exist: somebody has deleted it' : `ends before byte ${(range?.offset ?? 0) + (range?.length ?? 0)}: somebody has cut it`
  throw new MillraceError(
    'MISSING_ENTRY',
    `snapshot ${key}, which a log entry points to, ${what}. Nothing is committed; restore the object (the bucket keeps versions if you let it)`,
  )
}
