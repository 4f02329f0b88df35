import { compareTexts, compareValues as compare } from './compare-values.ts'
import type { SqlValue } from './open-sqlite.ts'

/** Below it a comparison of whole rows is cheaper than looking for equal values. */
const FEW = 12

/**
 * Returns the places of rows in their canonical order: by the first column, then by the second, and so on; in each NULL, numbers, texts by code points, blobs.
 * Equal rows stay as they stand, which nobody can tell. Calls of a comparison are most of what sorting takes, so equal values are brought together first, and only different ones are sorted.
 */
export function canonicalOrder(columns: readonly (readonly SqlValue[])[], rows: number): readonly number[] {
  const order = Array.from({ length: rows }, (_, i) => i)
  if (columns.length > 0) sortRange(columns, 0, order, 0, rows)
  return order
}

function sortRange(columns: readonly (readonly SqlValue[])[], at: number, order: number[], from: number, to: number): void {
  const column = columns[at]
  if (column === undefined || to - from < 2) return
  if (to - from <= FEW) {
    insert(columns, at, order, from, to)
    return
  }
  // The rows of each value, as a list: `first` of a value, and from there `next`.
  const places = new Map<SqlValue, number[]>()
  for (let i = from; i < to; i++) {
    const row = order[i] as number
    const value = keyOf(column[row] as SqlValue)
    const found = places.get(value)
    if (found === undefined) places.set(value, [row])
    else found.push(row)
  }
  let next = from
  for (const value of sortedKeys(places)) {
    const group = places.get(value) as number[]
    const start = next
    for (let i = 0; i < group.length; i++) order[next++] = group[i] as number
    if (group.length > 1) sortRange(columns, at + 1, order, start, next)
  }
}

/** Equal for equal values: an integer and a real of the same size are, bytes become a text of their own kind. */
function keyOf(value: SqlValue): SqlValue {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  return value instanceof Uint8Array ? `\ud800${Buffer.from(value).toString('latin1')}` : value
}

function sortedKeys(places: ReadonlyMap<SqlValue, unknown>): readonly SqlValue[] {
  const numbers: number[] = []
  const others: bigint[] = []
  const texts: string[] = []
  const blobs: string[] = []
  const keys: SqlValue[] = []
  for (const key of places.keys()) {
    if (typeof key === 'number') numbers.push(key)
    else if (typeof key === 'bigint') others.push(key)
    else if (typeof key === 'string') (key.startsWith('\ud800') ? blobs : texts).push(key)
    else keys.push(key) // NULL
  }
  const sortedNumbers: readonly (number | bigint)[] =
    others.length === 0 ? asNumbers(numbers) : [...numbers, ...others].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  for (const number of sortedNumbers) keys.push(number)
  // Without a comparison texts are sorted by code units; that is by code points where there are no surrogates.
  if (texts.some(hasSurrogates)) texts.sort(compareTexts)
  else texts.sort()
  for (const text of texts) keys.push(text)
  for (const blob of blobs.sort()) keys.push(blob)
  return keys
}

function asNumbers(numbers: readonly number[]): readonly number[] {
  return Array.from(Float64Array.from(numbers).sort())
}

function hasSurrogates(text: string): boolean {
  return /[\ud800-\udfff]/.test(text)
}

function insert(columns: readonly (readonly SqlValue[])[], at: number, order: number[], from: number, to: number): void {
  for (let i = from + 1; i < to; i++) {
    const row = order[i] as number
    let j = i
    for (; j > from && isBefore(columns, at, row, order[j - 1] as number); j--) order[j] = order[j - 1] as number
    order[j] = row
  }
}

function isBefore(columns: readonly (readonly SqlValue[])[], at: number, a: number, b: number): boolean {
  for (let c = at; c < columns.length; c++) {
    const order = compare(columns[c]?.[a] as SqlValue, columns[c]?.[b] as SqlValue)
    if (order !== 0) return order < 0
  }
  return false
}
