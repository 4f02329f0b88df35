/** A shard as its stream lists it. */
export interface ListedShard {
  readonly shard: string
  /** The shards that it was split or merged from: they may be listed no more. */
  readonly parents: readonly string[]
}

/** Which shards a stream has, and which came from which. Asked once for each shard, when it delivers for the first time. */
export interface Shards {
  /** Returns all shards of a stream, closed ones too as long as it lists them. Rejects when it cannot say, in 2 s at the latest: one try. */
  list(stream: string): Promise<readonly ListedShard[]>
}

/** Where input partitions never split: none of them has ancestors. */
export const NO_ANCESTORS: Shards = { list: () => Promise.resolve([]) }
