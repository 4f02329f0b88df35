/** One case of a vector file, as spark-streaming.md section 6 lays it out. */
export interface Vector {
  readonly id: string
  readonly kind: string
  readonly operation: string
  readonly params: Readonly<Record<string, unknown>>
  readonly batchIntervalMs: number | null
  readonly input: unknown
  readonly expected: unknown
  readonly unordered: boolean
  readonly compare: string
  readonly pipeline?: readonly Step[] | null
  readonly inputPartitions?: number
  readonly numBatches?: number
  readonly outputAtBatch?: readonly number[]
  readonly collect?: string
  readonly valueCompare?: string
  readonly expectedBeforeError?: readonly (readonly unknown[])[]
  readonly expectedPartitionsPerBatch?: readonly number[]
}

/** One operator of a pipeline; functions are JavaScript sources. */
export interface Step {
  readonly op: string
  readonly [parameter: string]: unknown
}

/** A stream of a pipeline with more than one. */
export interface Branch {
  readonly stream: string
  readonly pipeline: readonly Step[]
}

/** How a vector is run. */
export interface Layout {
  readonly name: string
  readonly numPartitions: number
  readonly shards: number
  /** Into how many invocations a shard's records of a batch are cut, at random. */
  readonly seed: number
  /** Batches for which nothing arrives and nothing is due are left out, as the runtime does. */
  readonly silence: 'run' | 'skip'
  /** Spark's own: input slice i is shard i and partition i. */
  readonly native: boolean
}
