import type { RuntimeEvent } from '../../runtime/runtime.ts'
import type { Pace } from '../pace.ts'
import type { RunStatus, RunView } from './run-status.ts'
import { Samples } from './samples.ts'

export interface RunMeterOptions {
  readonly view: RunView | undefined
  readonly pace: Pace
  readonly now: () => number
  readonly intervalMs: number
  readonly startMs: number
  readonly recordsInAll: number | undefined
  /** Time of the last batch, where it is known. */
  readonly lastTimeMs: number | undefined
  /** Time of the data at a stream time, where a field says it. */
  readonly dataTime: (streamMs: number) => number | undefined
  readonly table: () => readonly string[]
}

/** Counts what a run does, for whoever watches. */
export class RunMeter {
  readonly #options: RunMeterOptions
  readonly #fromMs: number
  readonly #work = new Samples()
  readonly #delays = new Samples()
  #lapMs: number
  #records = 0
  #replayed = 0
  #batches = 0
  #deadLetters = 0
  #timeMs: number | undefined

  constructor(options: RunMeterOptions) {
    this.#options = options
    this.#fromMs = this.#lapMs = options.now()
  }

  get batchesInAll(): number | undefined {
    const { lastTimeMs } = this.#options
    // Bounded batches may need more time than the input has.
    return lastTimeMs === undefined ? undefined : this.batchOf(Math.max(lastTimeMs, this.#timeMs ?? 0))
  }

  get batches(): number {
    return this.#batches
  }

  get records(): number {
    return this.#records
  }

  get deadLetters(): number {
    return this.#deadLetters
  }

  /** What is known from before this process. */
  resume(known: { readonly batches: number; readonly deadLetters: number }): void {
    this.#batches = known.batches
    this.#deadLetters = known.deadLetters
  }

  delivered(records: number, { again }: { readonly again: boolean }): void {
    this.#records += records
    if (again) this.#replayed += records
  }

  /** Work on a batch begins; what came before was something else, or a wait. */
  begin(): void {
    this.#lapMs = this.#options.now()
  }

  observe(event: RuntimeEvent): void {
    if (event.event === 'invocation') this.#deadLetters += Number(event['deadLetters'] ?? 0)
    if (event.event !== 'batch') return
    this.#timeMs = Number(event['time'])
    this.#batches++
    const now = this.#options.now()
    this.#work.add(now - this.#lapMs)
    this.#lapMs = now
    const delayMs = this.#options.pace.since(this.#timeMs)
    if (delayMs !== undefined) this.#delays.add(delayMs)
  }

  show(): void {
    this.#options.view?.update(this.#status())
  }

  /** Number of the batch of a time, counted from the start of the run. */
  batchOf(timeMs: number): number {
    const { intervalMs, startMs } = this.#options
    return timeMs / intervalMs - Math.floor(startMs / intervalMs)
  }

  #status(): RunStatus {
    const { dataTime, intervalMs, now, recordsInAll, pace, table } = this.#options
    // The last moment of the batch, not its end: the batch of the 22nd is called by that day.
    const inBatch = this.#timeMs === undefined ? undefined : this.#timeMs - 1
    const data = inBatch === undefined ? undefined : dataTime(inBatch)
    const dataPerBatch = (dataTime(intervalMs) ?? 0) - (dataTime(0) ?? 0)
    const seconds = (now() - this.#fromMs) / 1000
    return {
      batches: this.#timeMs === undefined ? 0 : this.batchOf(this.#timeMs),
      batchesInAll: this.batchesInAll,
      atMs: data ?? this.#timeMs,
      unit: dataPerBatch >= 86_400_000 ? 'day' : 'second',
      records: this.#records,
      recordsInAll,
      recordsPerSecond: seconds > 0 ? (this.#records - this.#replayed) / seconds : 0,
      batchMs: this.#work.percentiles,
      delayMs: pace.since(0) === undefined ? undefined : this.#delays.percentiles,
      deadLetters: this.#deadLetters,
      table: table(),
    }
  }
}
