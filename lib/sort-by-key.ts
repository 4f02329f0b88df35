import { compareKeys, type Key } from './key.ts'

type Keyed = readonly [key: Key, ...unknown[]]

/** Doubles hold integers below this exactly. */
const MAX_CODE = 2 ** 53

/**
 * Returns the rows in the order of their keys; rows of one key stay in their order. May change the array.
 * Calls of a comparison are most of what sorting takes, so texts of one byte per character go into their rough order first: as numbers, made of a few characters
 * of the key and the place of the row.
 */
export function sortByKey<R extends Keyed>(rows: R[]): R[] {
  return roughly(rows).sort((a, b) => compareKeys(a[0], b[0]))
}

function roughly<R extends Keyed>(rows: R[]): R[] {
  const { length } = rows
  const codes = new Float64Array(length)
  const size = 2 ** (32 - Math.clz32(length))
  let common = rows[0]?.[0] as string // or a key that is none, which the loop meets first
  for (let i = 0; i < length; i++) {
    const key = (rows[i] as R)[0]
    if (typeof key !== 'string') return rows
    while (!key.startsWith(common)) common = common.slice(0, -1)
  }
  for (let i = 0; i < length; i++) {
    const key = (rows[i] as R)[0] as string
    let code = 0
    for (let room = size * 256, j = common.length; room < MAX_CODE; room *= 256, j++) {
      const unit = j < key.length ? key.charCodeAt(j) + 1 : 0
      if (unit > 255) return rows
      code = code * 256 + unit
    }
    codes[i] = code * size + i
  }
  codes.sort()
  const sorted = new Array<R>(length)
  for (let i = 0; i < length; i++) sorted[i] = rows[(codes[i] as number) % size] as R
  return sorted
}
