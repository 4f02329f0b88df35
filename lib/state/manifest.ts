import { compress, decodeRows, decodeValue, decompress, encodeRows, encodeValue } from '../codec/rows.ts'
import { MillraceError } from '../values/errors.ts'
import { Bucket, type BucketPlace, type StateObject } from './bucket.ts'
import type { BaseGroup } from './partition-state.ts'

// A manifest says where the buckets of a snapshot are: [VERSION, objects, groups, buckets], compressed. It stands behind the buckets of the last object of its snapshot.
// A change of the fields is a new version; every version stays readable for ever. In version 1 all names begin with the folder in which state was then.
const VERSION = 2

type ObjectFields = readonly [name: string, bytes: number]
type GroupFields = readonly [operator: string, group: number, bits: number]
type BucketFields = readonly [object: number, offset: number, length: number, rawBytes: number, rows: number, least: number | null]
type Manifest = readonly [version: number, objects: Uint8Array, groups: Uint8Array, buckets: Uint8Array]

/** What the names of a snapshot's objects begin with, and are stored without; `shared`: in version 1. */
export interface StateFolders {
  readonly own: string
  readonly shared: string
}

/** Returns the bytes that say where the buckets of these groups are. `folder`: where new objects are; one that is elsewhere is named whole, behind a `/`. */
export function encodeManifest(groups: readonly BaseGroup[], folder: string): Uint8Array {
  const objects = new Map<string, { readonly index: number; readonly bytes: number }>()
  const buckets: BucketFields[] = []
  for (const { place } of groups.flatMap((group) => group.buckets)) {
    const { name, bytes } = place.object
    const object = objects.get(name) ?? { index: objects.size, bytes }
    if (place.rows > 0) objects.set(name, object)
    buckets.push([place.rows > 0 ? object.index : 0, place.offset, place.length, place.rawBytes, place.rows, place.least])
  }
  const names = Array.from(objects, ([name, { bytes }]): ObjectFields => [name.startsWith(folder) ? name.slice(folder.length) : `/${name}`, bytes])
  const fields = groups.map(({ operator, group, bits }): GroupFields => [operator, group, bits])
  return compress(encodeValue([VERSION, encodeRows(names), encodeRows(fields), encodeRows(buckets)] satisfies Manifest))
}

/** Returns the groups of a snapshot, nothing of them loaded but what `known` has in memory. `where` names it, for errors. */
export function decodeManifest(bytes: Uint8Array, { own, shared }: StateFolders, where: string, known: Iterable<Bucket> = []): readonly BaseGroup[] {
  const [version, objectRows, groupRows, bucketRows] = decodeValue(decompress(bytes)) as Manifest
  if (version !== VERSION && version !== 1)
    throw new MillraceError(
      'CORRUPT_ENTRY',
      `snapshot ${where} is of version ${version}, and this program reads versions 1 to ${VERSION}; a newer Millrace has written it: deploy that version, or a later one`,
    )
  const folder = version === 1 ? shared : own
  const inMemory = new Map<string, Bucket>()
  for (const bucket of known) if (bucket.isInMemory && bucket.place.rows > 0) inMemory.set(nameOf(bucket.place), bucket)
  const objects = (decodeRows(objectRows) as ObjectFields[]).map(([name, size]): StateObject => ({
    name: name.startsWith('/') ? name.slice(1) : folder + name,
    bytes: size,
  }))
  const buckets = (decodeRows(bucketRows) as BucketFields[]).map(([index, offset, length, rawBytes, rows, least]) => {
    const object = objects[index] ?? { name: folder, bytes: 0 }
    const place: BucketPlace = { object, offset, length, rawBytes, rows, least }
    return (rows > 0 ? inMemory.get(nameOf(place)) : undefined) ?? new Bucket(place)
  })
  let next = 0
  return (decodeRows(groupRows) as GroupFields[]).map(([operator, group, bits]) => ({
    operator,
    group,
    bits,
    buckets: buckets.slice(next, (next += 2 ** bits)),
  }))
}

function nameOf({ object, offset }: BucketPlace): string {
  return `${offset}@${object.name}`
}
