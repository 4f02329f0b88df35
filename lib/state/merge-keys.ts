import { compareKeys, type Key } from '../values/key.ts'

/** Returns the keys of both in order, each once. `sorted` is in order already, `more` need not be. */
export function mergeKeys(sorted: readonly Key[], more: readonly Key[]): Key[] {
  const others = [...more].sort(compareKeys)
  const merged: Key[] = []
  let i = 0
  for (const key of others) {
    while (i < sorted.length && compareKeys(sorted[i] as Key, key) < 0) merged.push(sorted[i++] as Key)
    const last = merged.at(-1)
    const isNew = (i >= sorted.length || compareKeys(sorted[i] as Key, key) !== 0) && (last === undefined || compareKeys(last, key) !== 0)
    if (isNew) merged.push(key)
  }
  while (i < sorted.length) merged.push(sorted[i++] as Key)
  return merged
}
