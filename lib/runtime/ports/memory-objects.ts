import { MillraceError } from '../../values/errors.ts'
import type { ByteRange, ObjectInfo, Objects } from './objects.ts'

/** Objects in memory: what tests and simulations run on. */
export class MemoryObjects implements Objects {
  readonly #objects = new Map<string, Uint8Array>()

  put(key: string, bytes: Uint8Array): Promise<void> {
    this.#objects.set(key, bytes.slice())
    return Promise.resolve()
  }

  get(key: string, range?: ByteRange): Promise<Uint8Array | null> {
    const bytes = this.#objects.get(key)
    if (bytes === undefined) return Promise.resolve(null)
    return Promise.resolve(range === undefined ? bytes.slice() : bytes.slice(range.offset, range.offset + range.length))
  }

  copy(from: string, to: string): Promise<void> {
    const bytes = this.#objects.get(from)
    if (bytes === undefined)
      return Promise.reject(
        new MillraceError('STORE_FAILED', `object '${from}' cannot be copied to '${to}': there is no such object; it was deleted, or never written`),
      )
    return this.put(to, bytes)
  }

  list(prefix: string): Promise<readonly ObjectInfo[]> {
    const found = [...this.#objects].filter(([key]) => key.startsWith(prefix)).map(([key, bytes]) => ({ key, size: bytes.length }))
    // UTF-16 order is not UTF-8 order beyond the surrogates.
    return Promise.resolve(found.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))))
  }

  delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#objects.delete(key)
    return Promise.resolve()
  }
}
