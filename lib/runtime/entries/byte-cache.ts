interface Kept<V> {
  readonly value: V
  readonly size: number
  readonly atMs: number
}

/** Remembers values up to a total size and an age; forgets what was used least lately. */
export class ByteCache<V> {
  readonly #kept = new Map<string, Kept<V>>()
  readonly #maxSize: number
  readonly #maxAgeMs: number
  #size = 0

  constructor(limits: { readonly maxSize: number; readonly maxAgeMs: number }) {
    this.#maxSize = limits.maxSize
    this.#maxAgeMs = limits.maxAgeMs
  }

  get(key: string, nowMs: number): V | undefined {
    const found = this.#kept.get(key)
    if (found === undefined) return undefined
    if (nowMs - found.atMs > this.#maxAgeMs) {
      this.delete(key)
      return undefined
    }
    this.#kept.delete(key)
    this.#kept.set(key, found)
    return found.value
  }

  set(key: string, value: V, size: number, nowMs: number): void {
    this.delete(key)
    this.#kept.set(key, { value, size, atMs: nowMs })
    this.#size += size
    for (const oldest of this.#kept.keys()) {
      if (this.#size <= this.#maxSize || oldest === key) break
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const found = this.#kept.get(key)
    if (found === undefined) return
    this.#size -= found.size
    this.#kept.delete(key)
  }
}
