import type { DatabaseSync } from 'node:sqlite'
import { decodeRows, encodeRows } from '../../codec/rows.ts'
import { storeError } from '../stores/store-error.ts'

/** What one poll brought. */
export interface KeptPoll {
  /** JSON. */
  readonly position: string
  readonly arrivalMs: number
  readonly records: readonly Uint8Array[]
}

/** What a receiver's polls have brought, each kept whole with its position before anybody sees it: what follows is asked for from there, whoever is killed in between. */
export class KeptPolls {
  readonly #db: DatabaseSync
  readonly #stream: string
  readonly #part: number

  /** `part`: of a run that goes on behind a finished one, which has had what its polls brought. */
  constructor(db: DatabaseSync, stream: string, part: number) {
    this.#db = db
    this.#stream = stream
    this.#part = part
  }

  /** The last position, of this part or one before; undefined: nothing has been asked for. */
  get position(): string | undefined {
    const row = this.#db.prepare('SELECT position FROM polls WHERE stream = ? ORDER BY n DESC LIMIT 1').get(this.#stream)
    return row === undefined ? undefined : String(row['position'])
  }

  keep({ position, arrivalMs, records }: KeptPoll): void {
    try {
      this.#db
        .prepare('INSERT INTO polls (stream, n, part, position, arrival_ms, records) SELECT ?, coalesce(max(n) + 1, 0), ?, ?, ?, ? FROM polls WHERE stream = ?')
        .run(this.#stream, this.#part, position, arrivalMs, encodeRows(records), this.#stream)
    } catch (cause) {
      throw storeError(`cannot keep what the receiver '${this.#stream}' has brought`, this.#db.location() ?? 'memory', cause)
    }
  }

  /** Returns what this part's polls have brought. */
  *all(): Generator<KeptPoll> {
    const query = this.#db.prepare('SELECT n, position, arrival_ms, records FROM polls WHERE stream = ? AND part = ? AND n > ? ORDER BY n LIMIT 1')
    let n = -1
    for (let row = query.get(this.#stream, this.#part, n); row !== undefined; row = query.get(this.#stream, this.#part, n)) {
      n = Number(row['n'])
      yield {
        position: String(row['position']),
        arrivalMs: Number(row['arrival_ms']),
        records: decodeRows(row['records'] as Uint8Array) as readonly Uint8Array[],
      }
    }
  }
}
