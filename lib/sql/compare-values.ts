import type { SqlValue } from './open-sqlite.ts'

/** Returns the order of SQLite's values: NULL, numbers, texts by code points, blobs. */
export function compareValues(a: SqlValue, b: SqlValue): number {
  const [x, y] = [rankOf(a), rankOf(b)]
  if (x !== y) return x - y
  if (x === 1) return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0
  if (x === 2) return compareTexts(a as string, b as string)
  return x === 3 ? Buffer.compare(a as Uint8Array, b as Uint8Array) : 0
}

function rankOf(value: SqlValue): number {
  if (value === null) return 0
  if (typeof value === 'number' || typeof value === 'bigint') return 1
  return typeof value === 'string' ? 2 : 3
}

/** By code points, as SQLite compares the bytes of UTF-8: where two texts differ, a surrogate is above all else. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x === y) continue
    const [high, other] = [x >= 0xd800 && x <= 0xdfff, y >= 0xd800 && y <= 0xdfff]
    return high === other ? x - y : high ? 1 : -1
  }
  return a.length - b.length
}
