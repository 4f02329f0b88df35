import type { Bucket } from '../../state/bucket.ts'
import { count, type Invocation } from '../invocation.ts'
import { readStateObject } from './read-snapshot.ts'

/** What lies between two buckets is read with them if it is less: a request costs 20 ms, and S3 sends a megabyte in that time. */
const GAP_BYTES = 256 * 1024
/** Of one request: larger ranges go side by side (AWS advises 8 to 16 MB). */
const RANGE_BYTES = 8 * 1024 * 1024
const PARALLEL_READS = 16

/** A piece of an object that one request reads. */
interface Range {
  readonly object: string
  readonly offset: number
  end: number
}

/** Sees to it that the buckets are loaded. `all`: of the same state; those that lie in between are kept, too, undecoded. Who computes looks again: another task may have made them go. */
export async function loadBuckets(run: Invocation, wanted: Iterable<Bucket>, all: Iterable<Bucket>): Promise<void> {
  const missing = [...wanted].filter(({ isLoaded }) => !isLoaded)
  const unread = missing.filter(({ isInMemory }) => !isInMemory)
  if (unread.length > 0) await readRanges(run, rangesOf(unread), all)
  for (const bucket of missing) {
    bucket.unpack()
    run.memory.buckets.note(bucket)
  }
}

function rangesOf(buckets: readonly Bucket[]): readonly Range[] {
  const places = buckets.map(({ place }) => place)
  places.sort((a, b) => (a.object.name < b.object.name ? -1 : Number(a.object.name > b.object.name)) || a.offset - b.offset)
  const ranges: Range[] = []
  for (const { object, offset, length } of places) {
    const last = ranges.at(-1)
    const end = offset + length
    if (last !== undefined && last.object === object.name && offset - last.end <= GAP_BYTES && end - last.offset <= RANGE_BYTES) last.end = end
    else ranges.push({ object: object.name, offset, end })
  }
  return ranges
}

async function readRanges(run: Invocation, ranges: readonly Range[], all: Iterable<Bucket>): Promise<void> {
  const inObject = new Map<string, Bucket[]>(ranges.map(({ object }) => [object, []]))
  for (const bucket of all) if (!bucket.isInMemory) inObject.get(bucket.place.object.name)?.push(bucket)
  for (const buckets of inObject.values()) buckets.sort((a, b) => a.place.offset - b.place.offset)
  for (let i = 0; i < ranges.length; i += PARALLEL_READS) {
    await Promise.all(
      ranges.slice(i, i + PARALLEL_READS).map(async ({ object, offset, end }) => {
        const bytes = await readStateObject(run.ports.objects, object, { offset, length: end - offset })
        count(run, 'snapshotReads')
        for (const bucket of inObject.get(object) ?? []) {
          const from = bucket.place.offset - offset
          const to = from + bucket.place.length
          if (from < 0 || to > bytes.length) continue
          // A copy: a view would keep all of the range in memory.
          bucket.hold(new Uint8Array(bytes.subarray(from, to)))
          run.memory.buckets.note(bucket)
        }
      }),
    )
  }
}
