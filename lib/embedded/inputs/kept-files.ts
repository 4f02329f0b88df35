import type { DatabaseSync } from 'node:sqlite'
import { decodeRows, encodeRows } from '../../codec/rows.ts'
import { storeError } from '../stores/store-error.ts'

/** A piece of what a batch took; the last one of a batch names its files. */
export interface TakenFiles {
  readonly timeMs: number
  readonly paths: readonly string[]
  readonly records: readonly Uint8Array[]
}

/** Bytes. A piece of this size is kept at once: SQLite takes no value of more than 1 GB, and memory should not hold more. */
const PIECE_BYTES = 16 * 1024 * 1024

/**
 * What a stream over a folder has taken, kept with the state before anybody sees it: the files may be gone, or be others, when a run goes on.
 * A batch is kept piece by piece, from 1 on; piece 0 is written last and names the files: what has none was left by a process that died.
 */
export class KeptFiles {
  readonly #db: DatabaseSync
  readonly #stream: string

  constructor(db: DatabaseSync, stream: string) {
    this.#db = db
    this.#stream = stream
  }

  /** Keeps the files of a batch, whole or not at all, and returns whether there was a record. */
  async keep(timeMs: number, records: AsyncIterable<readonly Uint8Array[]>, paths: () => readonly string[]): Promise<boolean> {
    let piece: Uint8Array[] = []
    let sizeBytes = 0
    let n = 0
    this.#do(timeMs, () => this.#db.prepare('DELETE FROM files WHERE stream = ? AND time_ms = ?').run(this.#stream, timeMs))
    const write = (): void => {
      if (piece.length > 0) this.#insert(timeMs, ++n, [], piece)
      piece = []
      sizeBytes = 0
    }
    for await (const some of records)
      for (const record of some) {
        if (sizeBytes > 0 && sizeBytes + record.length > PIECE_BYTES) write()
        piece.push(record)
        sizeBytes += record.length
      }
    write()
    if (n > 0) this.#insert(timeMs, 0, paths(), [])
    return n > 0
  }

  /** Returns what was kept, batch by batch, each piece by piece. */
  *all(): Generator<TakenFiles> {
    const query = this.#db.prepare('SELECT time_ms FROM files WHERE stream = ? AND time_ms > ? AND piece = 0 ORDER BY time_ms LIMIT 1')
    for (let row = query.get(this.#stream, -1); row !== undefined; row = query.get(this.#stream, row['time_ms'] ?? 0)) yield* this.batch(Number(row['time_ms']))
  }

  /** Returns the pieces of one batch. */
  *batch(timeMs: number): Generator<TakenFiles> {
    const query = this.#db.prepare('SELECT piece, paths, records FROM files WHERE stream = ? AND time_ms = ? AND piece >= ? ORDER BY piece LIMIT 1')
    let n = 0
    for (let row = query.get(this.#stream, timeMs, n); row !== undefined; row = query.get(this.#stream, timeMs, n)) {
      n = Number(row['piece']) + 1
      yield { timeMs, paths: JSON.parse(String(row['paths'])) as readonly string[], records: decodeRows(row['records'] as Uint8Array) as readonly Uint8Array[] }
    }
  }

  #insert(timeMs: number, piece: number, paths: readonly string[], records: readonly Uint8Array[]): void {
    this.#do(timeMs, () =>
      this.#db
        .prepare('INSERT INTO files (stream, time_ms, piece, paths, records) VALUES (?, ?, ?, ?, ?)')
        .run(this.#stream, timeMs, piece, JSON.stringify(paths), encodeRows(records)),
    )
  }

  #do(timeMs: number, work: () => void): void {
    try {
      work()
    } catch (cause) {
      throw storeError(`cannot keep what the batch of ${new Date(timeMs).toISOString()} takes of '${this.#stream}'`, this.#db.location() ?? 'memory', cause)
    }
  }
}
