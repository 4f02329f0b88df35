import type { BatchTable } from '../embedded/stores/batch-table.ts'
import type { BatchRecorder } from '../embedded/views/batch-recorder.ts'
import type { BatchFigures, TaskFigures } from '../runtime/entries/figures.ts'
import type { BatchReader } from '../tools/batch-reader.ts'
import type { LogBatches } from '../tools/log-batches.ts'
import type { Totals } from './viewed-job.ts'

/** Batches of an embedded run: from its table, as they go on from who records them, and what neither knows from the log. */
export class RunBatches implements BatchReader {
  readonly #table: BatchTable | undefined
  readonly #recorder: BatchRecorder | undefined
  readonly #log: LogBatches

  constructor({ table, recorder, log }: { readonly table: BatchTable | undefined; readonly recorder: BatchRecorder | undefined; readonly log: LogBatches }) {
    this.#table = table
    this.#recorder = recorder
    this.#log = log
  }

  newest(): Promise<number> {
    return this.#log.newest()
  }

  async range(from: number, to: number): Promise<readonly BatchFigures[]> {
    const known = new Map((this.#table?.range(from, to) ?? []).map((figures) => [figures.batch, figures]))
    for (const { figures } of this.#recorder?.running ?? []) if (figures.batch >= from && figures.batch <= to) known.set(figures.batch, figures)
    const missing = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i).filter((n) => !known.has(n))
    const first = missing[0]
    if (first !== undefined) {
      for (const figures of await this.#log.range(first, missing.at(-1) ?? first)) if (!known.has(figures.batch)) known.set(figures.batch, figures)
    }
    return [...known.values()].sort((a, b) => a.batch - b.batch)
  }

  async tasks(batch: number): Promise<readonly TaskFigures[]> {
    const running = this.#recorder?.running.find(({ figures }) => figures.batch === batch)?.tasks
    return running ?? this.#table?.tasks(batch) ?? this.#log.tasks(batch)
  }
}

/** Sums that go on where they were: of a finished batch nothing changes. */
export class RunTotals {
  #next = 0
  #totals: Totals = { batches: 0, records: 0 }

  async upTo(batches: BatchReader): Promise<Totals> {
    const newest = await batches.newest()
    for (const figures of newest < this.#next ? [] : await batches.range(this.#next, newest)) {
      if (figures.finishedMs === null) break
      const { batches: n, records } = this.#totals
      const own = Object.values(figures.records ?? {}).reduce((sum, count) => sum + count, 0)
      this.#totals = { batches: n + 1, records: records + own }
      this.#next = figures.batch + 1
    }
    return this.#totals
  }
}
