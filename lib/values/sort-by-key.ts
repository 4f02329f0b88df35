import { compareKeys, type Key } from './key.ts'

type Keyed = readonly [key: Key, ...unknown[]]

/** Too many keys agree in what is looked at, where one of them would have to move further than this. */
const MAX_STEPS = 64
/** Doubles hold integers below this exactly. */
const MAX_CODE = 2 ** 53

/**
 * Returns the rows in the order of their keys; rows of one key stay in their order. May change the array.
 * Calls of a comparison are most of what sorting takes, so texts of ASCII are sorted as numbers, made of a few characters of each and the place of its row.
 */
export function sortByKey<R extends Keyed>(rows: R[]): R[] {
  return byText(rows) ?? rows.sort((a, b) => compareKeys(a[0], b[0]))
}

function byText<R extends Keyed>(rows: R[]): R[] | undefined {
  const { length } = rows
  const codes = new Float64Array(length)
  const size = 2 ** (32 - Math.clz32(length))
  let common = rows[0]?.[0] as string // or a key that is none, which the loop meets first
  for (let i = 0; i < length; i++) {
    const key = (rows[i] as R)[0]
    if (typeof key !== 'string') return undefined
    while (!key.startsWith(common)) common = common.slice(0, -1)
  }
  for (let i = 0; i < length; i++) {
    const key = (rows[i] as R)[0] as string
    let code = 0
    for (let room = size * 128, j = common.length; room <= MAX_CODE; room *= 128, j++) {
      const unit = j < key.length ? key.charCodeAt(j) + 1 : 0
      if (unit > 127) return undefined
      code = code * 128 + unit
    }
    codes[i] = code * size + i
  }
  codes.sort()
  const sorted: R[] = []
  for (let i = 0; i < length; i++) {
    const code = codes[i] as number
    const row = rows[code % size] as R
    // Behind those that agree in these characters and come first all the same.
    const first = code - (code % size)
    let j = i
    for (; j > 0 && (codes[j - 1] as number) >= first && ((sorted[j - 1] as R)[0] as string) > (row[0] as string); j--) sorted[j] = sorted[j - 1] as R
    sorted[j] = row
    if (i - j > MAX_STEPS) return undefined
  }
  return sorted
}
