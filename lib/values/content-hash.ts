import { createHash, type Hash } from 'node:crypto'
import { MillraceError } from './errors.ts'
import { compareKeys, type Key } from './key.ts'
import type { Pair } from './pair.ts'

/** Returns a hash of pairs that depends on what they mean only: not on their order, nor on the order of a Map, a Set or an object's fields. */
export function contentHash(pairs: Iterable<Pair<Key, unknown>>, where: string): string {
  const hash = createHash('sha256')
  for (const [key, value] of [...pairs].sort(([a], [b]) => compareKeys(a, b))) {
    add(hash, key, where)
    add(hash, value, where)
  }
  return hash.digest('base64url')
}

/** Every value is written with its kind and length, so that no two different ones look alike. */
function add(hash: Hash, value: unknown, where: string): void {
  const tagged = (tag: string, body: string | Uint8Array): void => {
    hash.update(`${tag}${Buffer.byteLength(body)}:`).update(body)
  }
  if (value === null || typeof value === 'boolean' || value === undefined) tagged('c', String(value))
  else if (typeof value === 'number') tagged('n', Object.is(value, -0) ? '-0' : String(value))
  else if (typeof value === 'bigint') tagged('i', String(value))
  else if (typeof value === 'string') tagged('s', Buffer.from(value, 'utf16le'))
  else if (value instanceof Date) tagged('d', String(value.getTime()))
  else if (ArrayBuffer.isView(value)) tagged('b', new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  else if (Array.isArray(value)) {
    tagged('a', String(value.length))
    for (const element of value) add(hash, element, where)
  } else if (value instanceof Map) sorted(hash, 'm', [...(value as ReadonlyMap<unknown, unknown>)], where)
  else if (value instanceof Set)
    sorted(
      hash,
      'S',
      Array.from(value as ReadonlySet<unknown>, (v) => [v]),
      where,
    )
  else if (typeof value === 'object') sorted(hash, 'o', Object.entries(value), where)
  else
    throw new MillraceError(
      'BAD_VALUE',
      `${where} holds a ${typeof value}; a table may hold data only: numbers, strings, booleans, null, bigint, Date, bytes, arrays, objects, Map and Set`,
    )
}

function sorted(hash: Hash, tag: string, parts: readonly (readonly unknown[])[], where: string): void {
  const digests = parts.map((part) => {
    const own = createHash('sha256')
    for (const value of part) add(own, value, where)
    return own.digest('hex')
  })
  hash.update(`${tag}${digests.length}:`)
  for (const digest of digests.sort()) hash.update(digest)
}
