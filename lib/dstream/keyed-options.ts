/** Of an operator that shuffles: the number of partitions behind it. @default the job's numPartitions */
export interface Shuffle {
  readonly numPartitions?: number
}

/** Names the operator: its state is found under this name after a redeploy, and errors and dead letters name it. */
export interface Named {
  readonly uid?: string
}

/** Of operators that are made for others: which form their combined values have. One of another form is another operator. */
export interface Formed {
  readonly form?: string
}

/** What needs the whole batch forces one partition; with `perPartition` it is called for each partition instead. */
export interface WholeBatch {
  readonly perPartition?: boolean
}
