import { MillraceError } from '../../values/errors.ts'
import type { ByteRange, ObjectInfo, Objects } from '../../runtime/ports/objects.ts'

/** Names under `prefix` live in `inside`, all others in `outside`: the engine's own objects beside the state, results in the output folder. */
export class SplitObjects implements Objects {
  readonly #prefix: string
  readonly #inside: Objects
  readonly #outside: Objects

  constructor(options: { readonly prefix: string; readonly inside: Objects; readonly outside: Objects }) {
    this.#prefix = options.prefix
    this.#inside = options.inside
    this.#outside = options.outside
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    return this.#of(key).put(key, bytes)
  }

  get(key: string, range?: ByteRange): Promise<Uint8Array | null> {
    return this.#of(key).get(key, range)
  }

  async copy(from: string, to: string): Promise<void> {
    const [source, target] = [this.#of(from), this.#of(to)]
    if (source === target) return source.copy(from, to)
    const bytes = await source.get(from)
    if (bytes === null)
      throw new MillraceError(
        'STORE_FAILED',
        `cannot copy '${from}' to '${to}': there is no such object; it was deleted while the run needed it: remove the state to start over`,
      )
    await target.put(to, bytes)
  }

  async list(prefix: string): Promise<readonly ObjectInfo[]> {
    if (prefix.startsWith(this.#prefix)) return this.#inside.list(prefix)
    const outside = await this.#outside.list(prefix)
    if (!this.#prefix.startsWith(prefix)) return outside
    const found = [...outside, ...(await this.#inside.list(this.#prefix))]
    return found.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
  }

  async delete(keys: readonly string[]): Promise<void> {
    await this.#inside.delete(keys.filter((key) => this.#of(key) === this.#inside))
    await this.#outside.delete(keys.filter((key) => this.#of(key) === this.#outside))
  }

  #of(key: string): Objects {
    return key.startsWith(this.#prefix) ? this.#inside : this.#outside
  }
}
