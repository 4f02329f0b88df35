import type { DatabaseSync } from 'node:sqlite'
import type { LiveClock } from './live-clock.ts'
import { plainBytes } from './plain-bytes.ts'
import { readLines } from './read-lines.ts'
import type { Chunk } from './record-source.ts'
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
    for (const { lines } of this.#chunks()) {
      kept += lines.length
      yield lines
    }
    for await (const lines of this.#fresh(chunks)) {
      this.#keep(kept, lines, null)
      kept += lines.length
      yield lines
    }
    this.#onEnd()
  }

  /** The same for lines that arrive when they arrive; where none comes in a batch, it says so at the end of the batch. */
  async *readLive(chunks: AsyncIterable<Uint8Array>, clock: LiveClock): AsyncGenerator<Chunk> {
    let kept = 0
    let lastMs = -Infinity
    for (const { lines, arrivalMs } of this.#chunks()) {
      kept += lines.length
      lastMs = Math.max(lastMs, arrivalMs ?? lastMs)
      yield { lines, arrivalMs: lastMs }
    }
    const fresh = this.#fresh(chunks)
    clock.begin(lastMs)
    for (let next = fresh.next(); ;) {
      const stop = new AbortController()
      const restUntilMs = clock.nextEnd(Math.max(lastMs, clock.nowMs))
      const came = await Promise.race([next, clock.until(restUntilMs, stop.signal)])
      stop.abort()
      if (came === undefined) {
        lastMs = restUntilMs
        yield { restUntilMs }
        continue
      }
      if (came.done === true) break
      lastMs = Math.max(lastMs, clock.nowMs)
      this.#keep(kept, came.value, lastMs)
      kept += came.value.length
      yield { lines: came.value, arrivalMs: lastMs }
      next = fresh.next()
    }
    this.#onEnd()
  }

  async *#fresh(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Uint8Array[]> {
    const old = this.#lines()
    let expected = old.next()
    let same: Uint8Array[] = []
    for await (const lines of readLines(plainBytes(chunks, 'standard input'), 'standard input')) {
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

  #keep(first: number, lines: readonly Uint8Array[], arrivalMs: number | null): void {
    if (lines.length === 0) return
    try {
      this.#db
        .prepare('INSERT INTO stdin (stream, first, count, lines, arrival_ms) VALUES (?, ?, ?, ?, ?)')
        .run(this.#stream, first, lines.length, Buffer.concat(lines.flatMap((line) => [line, NEWLINE])), arrivalMs)
    } catch (cause) {
      throw storeError('cannot keep the lines of the standard input', this.#db.location() ?? 'memory', cause)
    }
  }

  *#chunks(): Generator<{ readonly lines: readonly Uint8Array[]; readonly arrivalMs: number | undefined }> {
    const query = this.#db.prepare('SELECT lines, arrival_ms FROM stdin WHERE stream = ? AND first >= ? ORDER BY first LIMIT 1')
    let first = 0
    for (let row = query.get(this.#stream, first); row !== undefined; row = query.get(this.#stream, first)) {
      const lines = split(row['lines'] as Uint8Array)
      first += lines.length
      yield { lines, arrivalMs: row['arrival_ms'] === null ? undefined : Number(row['arrival_ms']) }
    }
  }

  *#lines(): Generator<Uint8Array, undefined> {
    for (const { lines } of this.#chunks()) yield* lines
  }
}

/** Unlike readLines leaves a carriage return alone: it was cut off before, and one that is left belongs to the line. */
function split(bytes: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = []
  for (let start = 0, end = bytes.indexOf(10); end >= 0; start = end + 1, end = bytes.indexOf(10, start)) lines.push(bytes.subarray(start, end))
  return lines
}
