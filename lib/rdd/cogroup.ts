import { KeyMap } from '../values/key-map.ts'
import { compareKeys, type Key } from '../values/key.ts'
import type { Pair } from '../values/pair.ts'

/** What two sides hold for one key. */
export type Cogrouped<V, W> = readonly [left: readonly V[], right: readonly W[]]

/** Returns, for every key of either side, the values of both, in the order of the keys; values in the order they came. */
export function cogroup<K extends Key, V, W>(left: Iterable<Pair<K, V>>, right: Iterable<Pair<K, W>>): readonly Pair<K, Cogrouped<V, W>>[] {
  const cells = new KeyMap<{ readonly left: V[]; readonly right: W[] }>()
  const cell = (key: K): { readonly left: V[]; readonly right: W[] } => {
    const found = cells.get(key) ?? { left: [], right: [] }
    cells.set(key, found)
    return found
  }
  for (const [key, value] of left) cell(key).left.push(value)
  for (const [key, value] of right) cell(key).right.push(value)
  return [...cells].map(([key, values]) => [key as K, [values.left, values.right]] as const).sort(([a], [b]) => compareKeys(a, b))
}
