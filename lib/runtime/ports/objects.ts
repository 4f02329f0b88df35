export interface ByteRange {
  readonly offset: number
  readonly length: number
}

export interface ObjectInfo {
  readonly key: string
  readonly size: number
}

/** Whole objects under names with slashes; writes replace, reads see the newest (S3's consistency). No name is another's folder: `a` and `a/b` do not both exist. */
export interface Objects {
  put(key: string, bytes: Uint8Array): Promise<void>
  /** null when there is no such object. */
  get(key: string, range?: ByteRange): Promise<Uint8Array | null>
  copy(from: string, to: string): Promise<void>
  /** In the order of the keys' UTF-8 bytes. */
  list(prefix: string): Promise<readonly ObjectInfo[]>
  /** Objects that do not exist are no error. */
  delete(keys: readonly string[]): Promise<void>
}
