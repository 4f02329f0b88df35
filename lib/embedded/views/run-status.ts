/** What a terminal shows of a run while it goes on. */
export interface RunStatus {
  /** Batches finished since the state began, and how many there will be, where that is known. */
  readonly batches: number
  readonly batchesInAll: number | undefined
  /** Time of the newest batch: of the data where a field says when it happened, else stream time. */
  readonly atMs: number | undefined
  /** `day`: an interval of stream time is at least a day of data. */
  readonly unit: 'day' | 'second'
  /** Records delivered since the state began, and how many there are, where that is known. */
  readonly records: number
  readonly recordsInAll: number | undefined
  readonly recordsPerSecond: number
  /** Milliseconds of work per batch, tick and tasks. */
  readonly batchMs: Percentiles
  /** From a batch's end to its results, on the wall, ms; undefined when the clock does not follow the wall. */
  readonly delayMs: Percentiles | undefined
  readonly deadLetters: number
  /** The newest rows of the output that is shown. */
  readonly table: readonly string[]
}

export interface Percentiles {
  readonly p50: number
  readonly p99: number
}

export interface RunHeader {
  readonly job: string
  readonly shards: number
  readonly intervalMs: number
  readonly speed: number
  readonly state: string
  readonly output: string
  /** Where the output of the run before was moved to. */
  readonly movedTo: string | undefined
  /** Address of the web page. */
  readonly page?: string | undefined
}

/** Where a run that was killed goes on. */
export interface Resumption {
  readonly job: string
  readonly batch: number
  readonly batchesInAll: number | undefined
  /** Records that the logs hold. */
  readonly records: number
  /** More records than the logs' positions allow: 0, or something is very wrong. */
  readonly countedTwice: number
}

export interface RunSummary {
  readonly records: number
  readonly batches: number
  readonly deadLetters: number
  /** The first error of each operator that set something aside. */
  readonly firstErrors: readonly { readonly operator: string; readonly error: string; readonly count: number }[]
  /** No record was good. */
  readonly allDead: boolean
  /** Where they can be read, with their errors. */
  readonly deadLetterFile: string
  /** Patterns of the directories that the outputs wrote, e.g. `./out/worst-*`. */
  readonly results: readonly string[]
}

/** Where a run is shown. */
export interface RunView {
  begin(header: RunHeader): void
  resume(resumption: Resumption): void
  /** Text of the program's `print`. */
  print(text: string): void
  update(status: RunStatus): void
  end(summary: RunSummary): void
}
