import { MillraceError } from '../../values/errors.ts'
import type { Log, LogItem, LogKey } from './log.ts'

interface Stored {
  readonly bytes: Uint8Array
  readonly expiresAtMs: number | null
}

/** The log in memory: what tests and simulations run on. Nothing is ever stale here; faulty wrappers make it so. */
export class MemoryLog implements Log {
  readonly #logs = new Map<string, Map<number, Stored>>()

  put({ log, n }: LogKey, bytes: Uint8Array, options: { readonly expiresAtMs: number | null }): Promise<Uint8Array | null> {
    if (!Number.isSafeInteger(n) || n < 0)
      return Promise.reject(new MillraceError('BAD_VALUE', `entry ${n} of log '${log}' cannot be put: entries are numbered 0, 1, 2, ...`))
    const entries = this.#logs.get(log) ?? new Map<number, Stored>()
    this.#logs.set(log, entries)
    const there = entries.get(n)
    if (there !== undefined) return Promise.resolve(there.bytes.slice())
    entries.set(n, { bytes: bytes.slice(), expiresAtMs: options.expiresAtMs })
    return Promise.resolve(null)
  }

  get(key: LogKey): Promise<Uint8Array | null> {
    return Promise.resolve(this.#read(key))
  }

  getMany(keys: readonly LogKey[]): Promise<readonly (Uint8Array | null)[]> {
    return Promise.resolve(keys.map((key) => this.#read(key)))
  }

  newest(log: string): Promise<LogItem | null> {
    const entries = this.#logs.get(log)
    if (entries === undefined || entries.size === 0) return Promise.resolve(null)
    let n = -1
    for (const number of entries.keys()) if (number > n) n = number
    return Promise.resolve({ n, bytes: entries.get(n)?.bytes.slice() ?? new Uint8Array(0) })
  }

  /**
   * Deletes entries whose time to live is over at `nowMs`, as DynamoDB does some time after: each that `choose` says yes to (by default all), in any order.
   * Returns how many went.
   */
  expire(nowMs: number, choose: (key: LogKey) => boolean = () => true): number {
    let gone = 0
    for (const [log, entries] of this.#logs) {
      for (const [n, { expiresAtMs }] of entries) {
        if (expiresAtMs === null || expiresAtMs > nowMs || !choose({ log, n })) continue
        entries.delete(n)
        gone++
      }
      if (entries.size === 0) this.#logs.delete(log)
    }
    return gone
  }

  /** Returns what is there, log by log, numbers ascending: for oracles and for looking at. */
  *entries(): Iterable<LogKey & { readonly bytes: Uint8Array; readonly expiresAtMs: number | null }> {
    for (const [log, entries] of [...this.#logs].sort(([a], [b]) => (a < b ? -1 : 1))) {
      for (const [n, stored] of [...entries].sort(([a], [b]) => a - b)) yield { log, n, ...stored }
    }
  }

  #read({ log, n }: LogKey): Uint8Array | null {
    return this.#logs.get(log)?.get(n)?.bytes.slice() ?? null
  }
}
