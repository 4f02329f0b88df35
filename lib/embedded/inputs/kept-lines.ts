import type { DatabaseSync } from 'node:sqlite'
import { readLines } from './read-lines.ts'
import { storeError } from '../stores/store-error.ts'

const NEWLINE = Buffer.from('\n')

/**
 * Lines of a standard input, kept with the state before anybody sees them, because they cannot be read again.
 * A run that goes on yields what is kept, then what is new. A standard input that begins with all the lines that are kept is the same one again (the same
 * command was started), and its new lines are those after them; what begins otherwise is a continuation and all of it is new.
 */
export class KeptLines {
  readonly #db: DatabaseSync
  readonly #stream: string

  readonly #onEnd: () => void

  constructor(db: DatabaseSync, stream: string, onEnd: () => void) {
    this.#db = db
    this.#stream = stream
    this.#onEnd = onEnd
  }

  async *read(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Uint8Array[]> {
    let kept = 0
    for (const lines of this.#chunks()) {
      kept += lines.length
      yield lines
    }
    for await (const lines of this.#fresh(chunks)) {
      this.#keep(kept, lines)
      kept += lines.length
      yield lines
    }
    this.#onEnd()
  }

  async *#fresh(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Uint8Array[]> {
    const old = this.#lines()
    let expected = old.next()
    let same: Uint8Array[] = []
    for await (const lines of readLines(chunks, 'standard input')) {
      let i = 0
      while (i < lines.length && expected.done !== true && Buffer.compare(lines[i] ?? NEWLINE, expected.value) === 0) {
        same.push(expected.value)
        expected = old.next()
        i++
      }
      if (i === lines.length) continue // so far it is the same input again
      if (expected.done !== true) {
        // It is another one: what looked the same is new, too, and nothing is compared any more.
        yield same
        expected = { done: true, value: undefined }
      }
      same = []
      yield lines.slice(i)
    }
  }

  #keep(first: number, lines: readonly Uint8Array[]): void {
    if (lines.length === 0) return
    try {
      this.#db
        .prepare('INSERT INTO stdin (stream, first, count, lines) VALUES (?, ?, ?, ?)')
        .run(this.#stream, first, lines.length, Buffer.concat(lines.flatMap((line) => [line, NEWLINE])))
    } catch (cause) {
      throw storeError('cannot keep the lines of the standard input', this.#db.location() ?? 'memory', cause)
    }
  }

  *#chunks(): Generator<readonly Uint8Array[]> {
    const query = this.#db.prepare('SELECT lines FROM stdin WHERE stream = ? AND first >= ? ORDER BY first LIMIT 1')
    let first = 0
    for (let row = query.get(this.#stream, first); row !== undefined; row = query.get(this.#stream, first)) {
      const lines = split(row['lines'] as Uint8Array)
      first += lines.length
      yield lines
    }
  }

  *#lines(): Generator<Uint8Array, undefined> {
    for (const lines of this.#chunks()) yield* lines
  }
}

/** Unlike readLines leaves a carriage return alone: it was cut off before, and one that is left belongs to the line. */
function split(bytes: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = []
  for (let start = 0, end = bytes.indexOf(10); end >= 0; start = end + 1, end = bytes.indexOf(10, start)) lines.push(bytes.subarray(start, end))
  return lines
}
