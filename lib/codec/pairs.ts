import { fromColumn, TUPLES, type Column } from './columns.ts'
import { columnOf, lazyColumn, openColumn, type LazyColumn } from './lazy-column.ts'
import { SHORT_ARRAY, UINT } from './message-pack.ts'
import { pack } from './pack.ts'
import { TextColumn } from './text-column.ts'
import { unpack } from './unpack.ts'

/** Pairs as two columns. */
export interface Pairs {
  readonly keys: LazyColumn
  readonly values: LazyColumn
}

/** Returns keys as a column. Throws Refusal. */
export function keyColumn(keys: readonly unknown[]): LazyColumn {
  const column = lazyColumn(keys)
  return TextColumn.read(pack(columnOf(column)), 0)?.texts ?? column
}

/** Returns what pack makes of the pairs as one column. What nobody has made of them is not made for it. Throws Refusal. */
export function packPairs({ keys, values }: Pairs): Uint8Array {
  const parts = [pack(TUPLES), pack(keys.length), keys instanceof TextColumn ? keys.packed() : pack(columnOf(keys)), pack(columnOf(values))]
  return Buffer.concat([Uint8Array.of(SHORT_ARRAY | parts.length), ...parts])
}

/** Returns the pairs of packPairs' bytes, or of those of a column of pairs. Throws Error where the bytes are anything else. */
export function unpackPairs(bytes: Uint8Array): Pairs {
  const found = textPairs(bytes) ?? pairsOf(unpack(bytes) as Column)
  const { keys, values } = found
  if (keys.length !== values.length) throw new Error(`${keys.length} keys and ${values.length} values`)
  return found
}

/** Pairs whose keys are texts. Of damaged bytes it may return some, or undefined: then the others say what is wrong. */
function textPairs(bytes: Uint8Array): Pairs | undefined {
  const [shape, kind, first = 0] = bytes
  if (shape !== (SHORT_ARRAY | 4) || kind !== TUPLES) return undefined
  const keys = TextColumn.read(bytes, 3 + (first >= UINT && first < UINT + 3 ? 1 << (first - UINT) : 0))
  return keys && { keys: keys.texts, values: openColumn(unpack(bytes.subarray(keys.end)) as Column) }
}

function pairsOf(column: Column): Pairs {
  const [kind, count, keys, values] = column
  if (kind === TUPLES && column.length === 4) {
    const pairs = { keys: openColumn(keys as Column), values: openColumn(values as Column) }
    if (pairs.keys.length !== count) throw new Error(`${pairs.keys.length} keys where there are ${String(count)} pairs`)
    return pairs
  }
  const rows = fromColumn(column) as (readonly [unknown, unknown])[]
  return { keys: keyColumn(rows.map(([key]) => key)), values: lazyColumn(rows.map(([, value]) => value)) }
}
