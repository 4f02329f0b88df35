import { compress, decompress } from '../codec.ts'
import { MillraceError } from '../errors.ts'
import type { BlockDraft } from '../plan/compute.ts'
import { encodeEntry } from './entry-codec.ts'
import type { Block, Bytes, Entry } from './entry.ts'
import { count, type Invocation } from './invocation.ts'
import { SPILL_PREFIX } from './log-names.ts'
import type { LogKey } from './log.ts'

export function inline(data: Uint8Array): Bytes {
  return { inline: data }
}

export function inlineBlocks(drafts: readonly BlockDraft[]): readonly Block[] {
  return drafts.map(({ time, exchange, partition, rows, data }) => ({ time, exchange, partition, rows, data: inline(data) }))
}

/** An entry's pieces of bytes, replaced one for one. */
export type Replace = (data: Bytes) => Bytes

/**
 * Moves the pieces of an entry that is dearer than an object into one object, before the entry is put, and returns the entry with pointers.
 * The object's name belongs to this attempt alone: whoever loses leaves it to the lifecycle rule.
 */
export async function spillEntry<E extends Entry>(run: Invocation, key: LogKey, entry: E, pieces: readonly Bytes[], rewrite: (entry: E, replace: Replace) => E): Promise<E> {
  if (encodeEntry(entry).length <= run.settings.spillBytes) return entry
  const object = `${SPILL_PREFIX}${key.log}/${key.n}-${entry.id}`
  const moved = new Map<Bytes, Bytes>()
  const parts: Uint8Array[] = []
  let offset = 0
  for (const piece of pieces) {
    if (!('inline' in piece) || piece.inline.length === 0) continue
    const packed = compress(piece.inline)
    parts.push(packed)
    moved.set(piece, { key: object, offset, length: packed.length })
    offset += packed.length
  }
  if (parts.length === 0) return entry
  await run.ports.objects.put(object, Buffer.concat(parts))
  count(run, 'objectPuts')
  return rewrite(entry, (data) => moved.get(data) ?? data)
}

/** Returns the bytes of a piece, wherever it is. */
export async function readBytes(run: Invocation, data: Bytes): Promise<Uint8Array> {
  if ('inline' in data) return data.inline
  const packed = await run.ports.objects.get(data.key, { offset: data.offset, length: data.length })
  if (packed === null) throw new MillraceError('MISSING_ENTRY', `object ${data.key}, which a log entry points to, does not exist: a lifecycle rule that expires spills before the log's entries, or somebody, has deleted it. Nothing is committed; restore the object`)
  return decompress(packed)
}
