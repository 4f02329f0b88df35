import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { BatchFigures, TaskFigures } from '../../runtime/entries/figures.ts'
import { storeError } from './store-error.ts'

const SCHEMA = `CREATE TABLE IF NOT EXISTS batches (batch INTEGER PRIMARY KEY, figures TEXT NOT NULL, tasks TEXT NOT NULL)`

/** What was done in each finished batch, and when on the wall: in a table of the state's database, kept as long as the log. The logs know stream time only. */
export class BatchTable {
  readonly #place: string
  readonly #put: StatementSync | undefined
  readonly #range: StatementSync
  readonly #tasks: StatementSync

  /** `readOnly`: of a database that somebody else made. */
  constructor(db: DatabaseSync, { readOnly = false }: { readonly readOnly?: boolean } = {}) {
    this.#place = db.location() ?? 'memory'
    if (!readOnly) db.exec(SCHEMA)
    this.#put = readOnly ? undefined : db.prepare('INSERT OR REPLACE INTO batches (batch, figures, tasks) VALUES (?, ?, ?)')
    this.#range = db.prepare('SELECT figures FROM batches WHERE batch >= ? AND batch <= ? ORDER BY batch')
    this.#tasks = db.prepare('SELECT tasks FROM batches WHERE batch = ?')
  }

  put(figures: BatchFigures, tasks: readonly TaskFigures[]): void {
    this.#do(`cannot write the figures of batch ${figures.batch}`, () => this.#put?.run(figures.batch, JSON.stringify(figures), JSON.stringify(tasks)))
  }

  /** Returns the figures of the batches `from` to `to`, ascending, as far as there are any. */
  range(from: number, to: number): readonly BatchFigures[] {
    return this.#do(`cannot read the figures of batches ${from} to ${to}`, () =>
      this.#range.all(from, to).map((row) => JSON.parse(String(row['figures'])) as BatchFigures),
    )
  }

  tasks(batch: number): readonly TaskFigures[] | undefined {
    return this.#do(`cannot read the tasks of batch ${batch}`, () => {
      const row = this.#tasks.get(batch)
      return row === undefined ? undefined : (JSON.parse(String(row['tasks'])) as TaskFigures[])
    })
  }

  #do<T>(doing: string, work: () => T): T {
    try {
      return work()
    } catch (cause) {
      throw storeError(doing, this.#place, cause)
    }
  }
}
