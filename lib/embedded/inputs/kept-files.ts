import type { DatabaseSync } from 'node:sqlite'
import { decodeRows, encodeRows } from '../../codec/rows.ts'
import { storeError } from '../stores/store-error.ts'

/** The files that a batch took, and what was in them. */
export interface TakenFiles {
  readonly timeMs: number
  readonly paths: readonly string[]
  readonly records: readonly Uint8Array[]
}

/** Bytes. A piece of this size is kept at once: SQLite takes no value of more than 1 GB. */
const PIECE_BYTES = 16 * 1024 * 1024

/** What a stream over a folder has taken, kept with the state before anybody sees it: the files may be gone, or be others, when a run goes on. */
export class KeptFiles {
  readonly #db: DatabaseSync
  readonly #stream: string

  constructor(db: DatabaseSync, stream: string) {
    this.#db = db
    this.#stream = stream
  }

  /** A batch is kept whole or not at all. */
  keep({ timeMs, paths, records }: TakenFiles): void {
    const insert = this.#db.prepare('INSERT INTO files (stream, time_ms, piece, paths, records) VALUES (?, ?, ?, ?, ?)')
    try {
      this.#db.exec('BEGIN')
      for (const [i, piece] of cut(records).entries()) insert.run(this.#stream, timeMs, i, JSON.stringify(i === 0 ? paths : []), encodeRows(piece))
      this.#db.exec('COMMIT')
    } catch (cause) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw storeError(`cannot keep what is in ${paths.join(', ')}`, this.#db.location() ?? 'memory', cause)
    }
  }

  /** Returns what was kept, piece by piece, in the order of time. */
  *all(): Generator<TakenFiles> {
    const query = this.#db.prepare(
      'SELECT time_ms, piece, paths, records FROM files WHERE stream = ? AND (time_ms, piece) > (?, ?) ORDER BY time_ms, piece LIMIT 1',
    )
    for (let row = query.get(this.#stream, -1, 0); row !== undefined; row = query.get(this.#stream, row['time_ms'] ?? 0, row['piece'] ?? 0))
      yield {
        timeMs: Number(row['time_ms']),
        paths: JSON.parse(String(row['paths'])) as readonly string[],
        records: decodeRows(row['records'] as Uint8Array) as readonly Uint8Array[],
      }
  }
}

function cut(records: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  const pieces: Uint8Array[][] = [[]]
  let sizeBytes = 0
  for (const record of records) {
    if (sizeBytes > 0 && sizeBytes + record.length > PIECE_BYTES) {
      pieces.push([])
      sizeBytes = 0
    }
    pieces.at(-1)?.push(record)
    sizeBytes += record.length
  }
  return pieces
}
