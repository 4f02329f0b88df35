import type { Key } from './key.ts'

/** A row of a keyed stream: a key and a value. */
export type Pair<K extends Key, V> = readonly [K, V]
