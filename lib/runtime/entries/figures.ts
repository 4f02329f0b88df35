/** What stopped a batch: in the `failed` attribute of its progress, as JSON. */
export interface Failure {
  readonly task: string
  readonly operator: string
  readonly message: string
  readonly attempts: number
  /** Whose code failed; undefined: an older program did not say. */
  readonly deploy?: number
}

/** What one task did in a batch. */
export interface TaskFigures {
  readonly stage: string
  readonly partition: number
  /** Epoch ms, on the clock of the batch's other figures; null: it is not known, another process did it, or an older program. */
  readonly beginMs: number | null
  readonly endMs: number | null
  readonly rowsIn: number | null
  readonly rowsOut: number | null
  readonly changedKeys: number | null
  /** Of the state after it: keys, and bytes of the snapshot and of the changes since. */
  readonly keys: number | null
  readonly stateBytes: number | null
}

/** What is known of one batch, in the words of Spark's BatchInfo. Times are epoch ms. */
export interface BatchFigures {
  /** Its number in the batch log. */
  readonly batch: number
  /** Batch time, of the stream. */
  readonly timeMs: number
  /** When that was on the clock of the times below; null: stream time does not follow that clock (`--speed max`). */
  readonly dueMs: number | null
  /** When the first of its records was received. */
  readonly firstArrivalMs: number | null
  readonly allocatedMs: number | null
  /** When its last task ended; null: none has, or it is not known. */
  readonly computedMs: number | null
  /** When `_SUCCESS` was written; null: it is not. */
  readonly finishedMs: number | null
  /** By stream; null: who allocated it did not say. */
  readonly records: Readonly<Record<string, number>> | null
  readonly tasks: number
  readonly tasksDone: number
  /** Of all tasks together, ms. */
  readonly computeMs: number | null
  readonly outputRows: number | null
  readonly keys: number | null
  readonly stateBytes: number | null
  readonly deadLetters: number
  /** Output operations in all, and those that succeeded; null: only the program knows. */
  readonly outputs: number | null
  readonly outputsDone: number | null
  /** Operators that were left out on command. */
  readonly skipped: readonly string[]
  /** What stopped it, as long as it does. */
  readonly failure: Failure | null
  /** Deploy number of who allocated it. */
  readonly deploy: number | null
}

/** Returns the sum of what is known; null where nothing is. */
export function sumOf(values: readonly (number | null)[]): number | null {
  return values.reduce((sum, value) => (value === null ? sum : (sum ?? 0) + value), null)
}
