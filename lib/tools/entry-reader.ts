import { MillraceError } from '../values/errors.ts'
import { decodeEntry } from '../runtime/entries/entry-codec.ts'
import type { Entry } from '../runtime/entries/entry.ts'
import type { Log, LogKey } from '../runtime/ports/log.ts'

type Kind = Entry['kind']
type Of<K extends Kind> = Extract<Entry, { readonly kind: K }>

/** Reads entries for people: strongly consistent, nothing remembered, nothing ever written. */
export class EntryReader {
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
  }

  /** Returns the entry with the greatest number. */
  async newest<K extends Kind>(kind: K, log: string): Promise<{ readonly n: number; readonly entry: Of<K> } | null> {
    const item = await this.#log.newest(log)
    return item === null ? null : { n: item.n, entry: decode(kind, { log, n: item.n }, item.bytes) }
  }

  async get<K extends Kind>(kind: K, key: LogKey): Promise<Of<K> | null> {
    const bytes = await this.#log.get(key, { consistent: true })
    return bytes === null ? null : decode(kind, key, bytes)
  }

  /** Returns the entries in the order of the keys; null where there is none. */
  async many<K extends Kind>(kind: K, keys: readonly LogKey[]): Promise<readonly (Of<K> | null)[]> {
    const found = await this.#log.getMany(keys, { consistent: true })
    return keys.map((key, i) => {
      const bytes = found[i]
      return bytes === null || bytes === undefined ? null : decode(kind, key, bytes)
    })
  }
}

function decode<K extends Kind>(kind: K, { log, n }: LogKey, bytes: Uint8Array): Of<K> {
  const entry = decodeEntry(bytes, `entry ${log}#${n}`)
  if (entry.kind !== kind)
    throw new MillraceError('CORRUPT_ENTRY', `entry ${log}#${n} is of kind '${entry.kind}' and must be '${kind}': something else has written there`)
  return entry as Of<K>
}
