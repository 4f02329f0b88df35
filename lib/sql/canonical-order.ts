import { compareTexts, compareValues as compare } from './compare-values.ts'
import type { SqlValue } from './open-sqlite.ts'

type Columns = readonly (readonly SqlValue[])[]

/** Below it calling a comparison is cheaper than looking for equal values. */
const FEW = 256

/**
 * Returns the places of rows in their canonical order: by the first column, then by the second, and so on; in each NULL, numbers, texts by code points, blobs.
 * Equal rows stay as they stand, which nobody can tell. Calls of a comparison are most of what sorting takes, so of many rows equal values are brought together first, and only different ones are sorted.
 */
export function canonicalOrder(columns: Columns, rows: number): readonly number[] {
  const order = Array.from({ length: rows }, (_, i) => i)
  if (columns.length > 0) new Sorter(columns, order).sort(0, 0, rows)
  return order
}

class Sorter {
  readonly #columns: Columns
  readonly #order: number[]
  readonly #comparisons: readonly ((a: number, b: number) => number)[]

  constructor(columns: Columns, order: number[]) {
    this.#columns = columns
    this.#order = order
    const orders = columns.map(comparisonOf)
    // From each column on.
    this.#comparisons = columns.map((_, at) => {
      const [first, ...others] = orders.slice(at)
      if (first === undefined || others.length === 0) return first ?? (() => 0)
      return (a, b) => {
        let found = first(a, b)
        for (let c = 0; found === 0 && c < others.length; c++) found = others[c]?.(a, b) ?? 0
        return found
      }
    })
  }

  sort(at: number, from: number, to: number): void {
    const column = this.#columns[at]
    const comparison = this.#comparisons[at]
    if (column === undefined || comparison === undefined || to - from < 2) return
    const order = this.#order
    if (to - from <= FEW) {
      const few = order.slice(from, to).sort(comparison)
      for (let i = 0; i < few.length; i++) order[from + i] = few[i] as number
      return
    }
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
      if (group.length > 1) this.sort(at + 1, start, next)
    }
  }
}

/** Compares two rows by a column; of numbers without looking what they are. */
function comparisonOf(column: readonly SqlValue[]): (a: number, b: number) => number {
  if (column.every((value) => typeof value === 'number' && Number.isFinite(value))) {
    const numbers = Float64Array.from(column as readonly number[])
    return (a, b) => (numbers[a] as number) - (numbers[b] as number)
  }
  return (a, b) => compare(column[a] as SqlValue, column[b] as SqlValue)
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
