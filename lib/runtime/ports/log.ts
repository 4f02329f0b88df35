/** The address of one entry: the log's name and the entry's number (0, 1, 2, ...). */
export interface LogKey {
  readonly log: string
  readonly n: number
}

export interface LogItem {
  readonly n: number
  readonly bytes: Uint8Array
}

export interface Consistency {
  /** true: strongly consistent; false: may miss what was written lately, never returns something else. */
  readonly consistent: boolean
}

/** Append-only lists of entries, each decided by ONE conditional put. Entries never change. */
export interface Log {
  /** Puts the entry unless there is one. Returns null when it was put, else the bytes of the entry that is there (which may be one's own, of an earlier try). */
  put(key: LogKey, bytes: Uint8Array, options: { readonly expiresAtMs: number | null }): Promise<Uint8Array | null>
  get(key: LogKey, options: Consistency): Promise<Uint8Array | null>
  /** Returns the entries in the order of the keys; null where there is none. Any number of keys: implementations page. */
  getMany(keys: readonly LogKey[], options: Consistency): Promise<readonly (Uint8Array | null)[]>
  /** Returns the entry with the greatest number, strongly consistent. */
  newest(log: string): Promise<LogItem | null>
}
