import { compress, decompress } from '../../codec/rows.ts'
import { MillraceError } from '../../values/errors.ts'
import type { BlockDraft } from '../../plan/compute.ts'
import { measureEntry } from '../entries/entry-codec.ts'
import type { Block, Bytes, Entry } from '../entries/entry.ts'
import { count, type Invocation } from '../invocation.ts'
import { objectName, SPILL_PREFIX } from '../entries/log-names.ts'
import type { LogKey } from '../ports/log.ts'
import type { Ports } from '../runtime.ts'

/** The end of the name of an object that is an output's bytes as they are: publishing copies it. */
const WHOLE = '.part'
/** Room for what an entry holds besides its pieces: names, numbers, table hashes. */
const FIELDS_BYTES = 4096

export function inline(data: Uint8Array): Bytes {
  return { inline: data }
}

export function inlineBlocks(drafts: readonly BlockDraft[]): readonly Block[] {
  return drafts.map(({ time, exchange, partition, rows, data }) => ({ time, exchange, partition, rows, data: inline(data) }))
}

/** Returns the blocks with their rows where `spill` has moved them. */
export function movedBlocks(blocks: readonly Block[], moved: ReadonlyMap<Bytes, Bytes>): readonly Block[] {
  return blocks.map((block) => ({ ...block, data: moved.get(block.data) ?? block.data }))
}

/** A piece of an entry that may move to an object; `whole`: to one of its own, as it is. */
export interface Piece {
  readonly data: Bytes
  readonly whole: boolean
}

/**
 * Moves the pieces of an entry that is dearer than an object into objects, before the entry is put, and returns where they are now.
 * The objects' names belong to this attempt alone: whoever loses leaves them to the lifecycle rule.
 */
export async function spill(run: Invocation, key: LogKey, entry: Entry, pieces: readonly Piece[]): Promise<ReadonlyMap<Bytes, Bytes>> {
  const moved = new Map<Bytes, Bytes>()
  // What is small uncompressed need not be encoded to know: the put will do that.
  const rawBytes = pieces.reduce((sum, { data }) => sum + ('inline' in data ? data.inline.length : 0), FIELDS_BYTES)
  if (rawBytes <= run.settings.spillBytes || measureEntry(entry) <= run.settings.spillBytes) return moved
  const name = objectName(SPILL_PREFIX, run.plan.name, key, entry.id)
  const shared: Uint8Array[] = []
  let offset = 0
  for (const [i, { data, whole }] of pieces.entries()) {
    if (!('inline' in data) || data.inline.length === 0) continue
    if (whole && data.inline.length > run.settings.spillBytes) {
      const object = `${name}.${i}${WHOLE}`
      await put(run, object, data.inline)
      moved.set(data, { key: object, offset: 0, length: data.inline.length, rawLength: data.inline.length })
    } else {
      const packed = compress(data.inline)
      shared.push(packed)
      moved.set(data, { key: name, offset, length: packed.length, rawLength: data.inline.length })
      offset += packed.length
    }
  }
  if (shared.length > 0) await put(run, name, Buffer.concat(shared))
  return moved
}

async function put(run: Invocation, key: string, bytes: Uint8Array): Promise<void> {
  await run.ports.objects.put(key, bytes)
  count(run, 'objectPuts')
}

/** Returns how many bytes readBytes will give; of entries before version 3 perhaps fewer. */
export function sizeOf(data: Bytes): number {
  return 'inline' in data ? data.inline.length : (data.rawLength ?? data.length)
}

/** Returns the name of the object that is these bytes as they are; undefined when there is none. */
export function wholeObject(data: Bytes): string | undefined {
  return 'key' in data && data.key.endsWith(WHOLE) ? data.key : undefined
}

/** Returns the bytes of a piece, wherever it is. */
export async function readBytes(run: { readonly ports: Pick<Ports, 'objects'> }, data: Bytes): Promise<Uint8Array> {
  if ('inline' in data) return data.inline
  const bytes = await run.ports.objects.get(data.key, { offset: data.offset, length: data.length })
  if (bytes === null)
    throw new MillraceError(
      'MISSING_ENTRY',
      `object ${data.key}, which a log entry points to, does not exist: a lifecycle rule that expires spills before the log's entries, or somebody, has deleted it. Nothing is committed; restore the object`,
    )
  return wholeObject(data) === undefined ? decompress(bytes) : bytes
}
