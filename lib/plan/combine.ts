import { checkCombined } from '../dstream/check-function.ts'
import type { Combiner, Rows } from '../dstream/node.ts'
import { KeyMap } from '../values/key-map.ts'
import { compareKeys, type Key } from '../values/key.ts'

/** What the user's function threw on, with everything of that key. */
export interface CombineFailure {
  readonly key: Key
  readonly error: unknown
}

type Row = readonly [key: Key, combined: unknown, values?: readonly unknown[]]

/**
 * Returns `[key, combined]` in the order of the keys. `combined`: rows are combined already (or `[key, undefined, values]` where that failed);
 * else they are plain pairs. A key whose function throws goes to `onFailure` with its rows, and yields nothing if that returns.
 */
export function combineRows(rows: Rows, combiner: Combiner, combined: boolean, onFailure: (failure: CombineFailure, rows: Rows) => void): Rows {
  // A key's cell is the pair that is returned: thousands of keys are usual, and an object more for each shows.
  type Pair = [key: Key, combined: unknown]
  if (combined && isDone(rows as readonly Row[])) return rows
  const cells = new KeyMap<Pair>()
  const pairs: Pair[] = []
  const failed = new KeyMap<true>()
  const failures: CombineFailure[] = []
  const all = rows as readonly Row[]
  for (let i = 0; i < all.length; i++) {
    const row = all[i] as Row
    const key = row[0]
    if (failed.size > 0 && failed.has(key)) continue
    const cell = cells.get(key)
    try {
      if (cell === undefined) {
        const pair: Pair = [key === 0 ? 0 : key, first(row, combiner, combined)] // -0 is the key 0
        cells.set(key, pair)
        pairs.push(pair)
      } else cell[1] = next(cell[1], row, combiner, combined)
    } catch (error) {
      failed.set(key, true)
      failures.push({ key, error })
    }
  }
  for (const failure of failures) {
    const one = new KeyMap<true>([[failure.key, true]])
    onFailure(
      failure,
      rows.filter((row) => one.has((row as readonly [Key])[0])),
    )
  }
  const good = failed.size === 0 ? pairs : pairs.filter((pair) => !failed.has(pair[0]))
  // Blocks come in order one after the other, and a sort by comparison merges such runs: faster than sortByKey. No destructuring: it goes through the arrays' iterators.
  return good.sort((a, b) => compareKeys(a[0], b[0]))
}

/** Whether every key comes once, in order, and combined: so is the one block that a small batch has. */
function isDone(rows: readonly Row[]): boolean {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as Row
    if (row.length > 2 || (i > 0 && compareKeys((rows[i - 1] as Row)[0], row[0]) >= 0)) return false
  }
  return true
}

function first(row: Row, combiner: Combiner, combined: boolean): unknown {
  const values = row[2]
  if (values === undefined) return combined ? row[1] : combiner.create(row[1])
  let result = combiner.create(values[0])
  for (let i = 1; i < values.length; i++) result = merge(combiner, result, values[i])
  return result
}

function next(sofar: unknown, row: Row, combiner: Combiner, combined: boolean): unknown {
  const values = row[2]
  if (values === undefined && combined) return checked(combiner, combiner.mergeCombiners(sofar, row[1]))
  if (values === undefined) return merge(combiner, sofar, row[1])
  let result = sofar
  for (const value of values) result = merge(combiner, result, value)
  return result
}

function merge(combiner: Combiner, sofar: unknown, value: unknown): unknown {
  return checked(combiner, combiner.mergeValue(sofar, value))
}

function checked(combiner: Combiner, result: unknown): unknown {
  if (result === undefined || typeof result === 'object') checkCombined(result, combiner.operator)
  return result
}
