import { KeyMap } from '../values/key-map.ts'
import type { Key } from '../values/key.ts'

/** Keys by a number (when they were updated last), so that the oldest are found without looking at all. */
export class RankedKeys {
  readonly #keys = new Map<number, KeyMap<true>>()
  #ranks: number[] | undefined

  add(rank: number, key: Key): void {
    let keys = this.#keys.get(rank)
    if (keys === undefined) {
      this.#keys.set(rank, (keys = new KeyMap<true>()))
      this.#ranks = undefined
    }
    keys.set(key, true)
  }

  remove(rank: number, key: Key): void {
    const keys = this.#keys.get(rank)
    if (keys === undefined) return
    keys.delete(key)
    if (keys.size > 0) return
    this.#keys.delete(rank)
    this.#ranks = undefined
  }

  /** Ascending. A rank is a batch time, so there are at most as many as batches in a time-out. */
  #ascending(): readonly number[] {
    return (this.#ranks ??= [...this.#keys.keys()].sort((a, b) => a - b))
  }

  /** Keys with a rank below the limit, in the order of ranks. */
  *below(limit: number): Iterable<Key> {
    for (const rank of this.#ascending()) {
      if (rank >= limit) return
      for (const [key] of this.#keys.get(rank) ?? []) yield key
    }
  }

  /** The least rank of a key that counts; Infinity when there is none. */
  least(without: (key: Key) => boolean): number {
    for (const rank of this.#ascending()) for (const [key] of this.#keys.get(rank) ?? []) if (!without(key)) return rank
    return Infinity
  }
}
