import { compress } from '../../codec/rows.ts'
import { Bucket, type StateObject } from '../../state/bucket.ts'
import type { StateChanges } from '../../state/changes.ts'
import { encodeManifest } from '../../state/manifest.ts'
import { PartitionState, type BaseGroup } from '../../state/partition-state.ts'
import { layOut, nextGroups, wastefulObjects, type BucketDraft, type Rewrite } from '../../state/snapshot.ts'
import type { SnapshotRef } from '../entries/entry.ts'
import { count, type CachedState, type Invocation } from '../invocation.ts'
import { loadBuckets } from './load-buckets.ts'
import { stateFolder } from '../entries/log-names.ts'

/** What is written as one object; larger snapshots have several. One request must fit into a client's time-out. */
const OBJECT_BYTES = 16 * 1024 * 1024
/** Buckets that are in memory for being rewritten, before compression. */
const STEP_BYTES = 16 * 1024 * 1024

/** A snapshot whose objects are written; it counts as soon as an entry names it. */
export interface Snapshot {
  readonly ref: SnapshotRef
  /** The state it holds, with an empty tail. */
  readonly state: PartitionState
}

/** Writes the state with the changes on top: buckets that changed, and a manifest of all. Losing attempts leave what they wrote behind, for the next snapshot to delete. */
export async function writeSnapshot(
  run: Invocation,
  at: { readonly log: string; readonly n: number; readonly id: string },
  cached: CachedState,
  changes: StateChanges,
): Promise<Snapshot> {
  const { state } = cached
  const next = nextGroups(run.plan.ranks, state, changes)
  if (next.length === 0) return { ref: { entry: at.n, keys: [] }, state: PartitionState.empty(run.plan) }
  const folder = stateFolder(run.plan.name, at.log)
  const writer = new ObjectWriter(run, `${folder}${at.n}-${at.id}`)
  const wasteful = wastefulObjects(state.buckets())
  const groups: BaseGroup[] = []
  for (const group of next) {
    const { bits, parts } = layOut(group, run.settings.bucketBytes, wasteful)
    const buckets: Bucket[] = []
    for (let i = 0; i < parts.length;) {
      const step = stepFrom(parts, i)
      i += step.length
      const warm = await loadForStep(run, state, step)
      for (const part of step) {
        if (part instanceof Bucket) buckets.push(part)
        else buckets.push(...(await rewrite(run, writer, { state, part, warm })))
      }
    }
    groups.push({ operator: group.operator, group: group.group, bits, buckets })
  }
  const manifest = writer.append(encodeManifest(groups, folder))
  await writer.flush(0)
  return {
    ref: { entry: at.n, manifest: { key: manifest.object.name, offset: manifest.offset, length: manifest.length } },
    state: PartitionState.of(run.plan, groups),
  }
}

/** As many parts as may be in memory at once. */
function stepFrom(parts: readonly (Bucket | Rewrite)[], from: number): readonly (Bucket | Rewrite)[] {
  let bytes = 0
  let to = from
  for (; to < parts.length; to++) {
    const part = parts[to]
    if (part instanceof Bucket || part === undefined) continue
    bytes += part.sources.reduce((sum, { place }) => sum + place.rawBytes, 0)
    if (bytes > STEP_BYTES && to > from) break
  }
  return parts.slice(from, to)
}

/** Returns those that were loaded before. */
async function loadForStep(run: Invocation, state: PartitionState, step: readonly (Bucket | Rewrite)[]): Promise<ReadonlySet<Bucket>> {
  const sources = step.flatMap((part) => (part instanceof Bucket ? [] : part.sources))
  const warm = new Set(sources.filter(({ isLoaded }) => isLoaded))
  await load(run, state, sources)
  return warm
}

/** Another task of this process may make room for itself at any await. */
async function load(run: Invocation, state: PartitionState, sources: readonly Bucket[]): Promise<void> {
  while (sources.some(({ isLoaded }) => !isLoaded)) await loadBuckets(run, sources, state.buckets())
}

interface Step {
  readonly state: PartitionState
  readonly part: Rewrite
  /** Buckets that were in memory before this snapshot asked for them. */
  readonly warm: ReadonlySet<Bucket>
}

async function rewrite(run: Invocation, writer: ObjectWriter, { state, part: { sources, make }, warm }: Step): Promise<readonly Bucket[]> {
  // What was not in memory before is not worth it now.
  const keep = sources.every((bucket) => warm.has(bucket))
  await load(run, state, sources)
  const drafts = make()
  // The old ones are used up, so that they are not in memory twice: who still wants one reads it again.
  for (const bucket of sources) run.memory.buckets.forget(bucket)
  const made: Bucket[] = []
  for (const draft of drafts) {
    made.push(write(writer, draft, keep))
    await writer.flush(OBJECT_BYTES)
  }
  return made
}

function write(writer: ObjectWriter, { rows, least }: BucketDraft, keep: boolean): Bucket {
  if (rows.size === 0) return new Bucket({ object: writer.object, offset: 0, length: 0, rawBytes: 0, rows: 0, least })
  const raw = rows.encode()
  const packed = compress(raw)
  const place = { ...writer.append(packed), rawBytes: raw.length, rows: rows.size, least }
  const bucket = new Bucket(place, keep ? rows : undefined)
  if (!keep) bucket.hold(packed)
  return bucket
}

/** Puts bytes side by side into objects. */
class ObjectWriter {
  readonly #run: Invocation
  readonly #name: string
  #number = 0
  #parts: Uint8Array[] = []
  #object: { readonly name: string; bytes: number }

  constructor(run: Invocation, name: string) {
    this.#run = run
    this.#name = name
    this.#object = this.#open()
  }

  get object(): StateObject {
    return this.#object
  }

  append(bytes: Uint8Array): { readonly object: StateObject; readonly offset: number; readonly length: number } {
    const object = this.#object
    const offset = object.bytes
    this.#parts.push(bytes)
    object.bytes += bytes.length
    return { object, offset, length: bytes.length }
  }

  /** Puts what has come together if it is more than `bytes`. */
  async flush(bytes: number): Promise<void> {
    const object = this.#object
    if (object.bytes <= bytes) return
    const parts = this.#parts
    this.#parts = []
    this.#object = this.#open()
    await this.#run.ports.objects.put(object.name, Buffer.concat(parts))
    count(this.#run, 'snapshotPuts')
    count(this.#run, 'snapshotBytes', object.bytes)
  }

  #open(): { readonly name: string; bytes: number } {
    return { name: `${this.#name}/${this.#number++}`, bytes: 0 }
  }
}
