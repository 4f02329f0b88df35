/** Of an operator that shuffles: the number of partitions behind it. @default the job's numPartitions */
export interface Shuffle {
  readonly numPartitions?: number
}

/** Names the operator: its state is found under this name after a redeploy, and errors and dead letters name it. */
export interface Named {
  readonly uid?: string
}

/** What needs the whole batch forces one partition; with `perPartition` it is called for each partition instead. */
export interface WholeBatch {
  readonly perPartition?: boolean
}
