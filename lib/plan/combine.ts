import type { Combiner, Rows } from '../dstream/node.ts'
import { KeyMap } from '../key-map.ts'
import { compareKeys, type Key } from '../key.ts'

/** What the user's function threw on, with everything of that key. */
export interface CombineFailure {
  readonly key: Key
  readonly error: unknown
}

interface Cell {
  combined: unknown
  failed: boolean
}

/**
 * Returns `[key, combined]` in the order of the keys. `combined`: rows are combined already (or `[key, undefined, values]` where that failed);
 * else they are plain pairs. A key whose function throws goes to `onFailure` with its rows, and yields nothing if that returns.
 */
export function combineRows(rows: Rows, combiner: Combiner, combined: boolean, onFailure: (failure: CombineFailure, rows: Rows) => void): Rows {
  const cells = new KeyMap<Cell>()
  const failures: CombineFailure[] = []
  const all = rows as readonly (readonly [Key, unknown, (readonly unknown[])?])[]
  for (let i = 0; i < all.length; i++) {
    const row = all[i] as (typeof all)[number]
    const key = row[0]
    const cell = cells.get(key)
    if (cell?.failed === true) continue
    try {
      if (cell === undefined) cells.set(key, { combined: first(row, combiner, combined), failed: false })
      else cell.combined = next(cell.combined, row, combiner, combined)
    } catch (error) {
      if (cell === undefined) cells.set(key, { combined: undefined, failed: true })
      else cell.failed = true
      failures.push({ key, error })
    }
  }
  for (const failure of failures) {
    const cell = new KeyMap<true>()
    cell.set(failure.key, true)
    onFailure(
      failure,
      rows.filter((row) => cell.has((row as readonly [Key])[0])),
    )
  }
  const result: (readonly [Key, unknown])[] = []
  for (const [key, cell] of cells) if (!cell.failed) result.push([key, cell.combined])
  return result.sort(([a], [b]) => compareKeys(a, b))
}

function first(row: readonly [Key, unknown, (readonly unknown[])?], combiner: Combiner, combined: boolean): unknown {
  const values = row[2]
  if (values === undefined) return combined ? row[1] : combiner.create(row[1])
  let result = combiner.create(values[0])
  for (let i = 1; i < values.length; i++) result = combiner.mergeValue(result, values[i])
  return result
}

function next(sofar: unknown, row: readonly [Key, unknown, (readonly unknown[])?], combiner: Combiner, combined: boolean): unknown {
  const values = row[2]
  if (values === undefined) return combined ? combiner.mergeCombiners(sofar, row[1]) : combiner.mergeValue(sofar, row[1])
  let result = sofar
  for (const value of values) result = combiner.mergeValue(result, value)
  return result
}
