/** CloudWatch's name space of what the functions' log lines carry in the embedded metric format. */
export const METRIC_NAMESPACE = 'Millrace'
/** The one dimension of every metric: the job's name. */
export const METRIC_DIMENSION = 'Job'

/** Metrics in the log lines; the construct's alarms look at them. */
export const METRICS = {
  /** Count: records and rows that went to the dead letters. From both functions. */
  deadLetters: 'DeadLetters',
  /** Count: tasks that failed and are run again later. */
  taskFailures: 'TaskFailures',
  /** Seconds since the newest batch was allocated, while it is not finished; 0 when it is. With every tick, so at least once a minute. */
  unfinishedBatchAge: 'UnfinishedBatchAge',
  /** Count: records that receive had seen before. */
  duplicates: 'DuplicatesDropped',
  /** Count: records taken into the receiver logs. */
  records: 'Records',
  /** Milliseconds from the end of a batch to its `_SUCCESS`. */
  batchDelay: 'BatchDelay',
} as const

/** Metrics of finished batches, from the run function; names as on the page. No alarm looks at them. */
export const BATCH_METRICS = {
  /** Milliseconds from the batch time to the allocation. */
  schedulingDelay: 'SchedulingDelay',
  /** Milliseconds from the allocation to the end of the last task. */
  processingTime: 'ProcessingTime',
  /** Count: records of the entries that the batch sees first. */
  batchRecords: 'BatchRecords',
  /** Count: rows in the batch's files. */
  outputRows: 'OutputRows',
} as const
