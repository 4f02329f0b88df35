import { formatHeader, formatResumption, formatStatus, formatSummary } from './format-status.ts'
import type { Resumption, RunHeader, RunStatus, RunSummary, RunView } from './run-status.ts'

/** A status line at most this often, ms. */
const EVERY_MS = 5000

/** A run as plain lines, for files and pipes: nothing is ever written over. */
export class PlainView implements RunView {
  readonly #write: (text: string) => void
  readonly #now: () => number
  #lastMs: number

  constructor(write: (text: string) => void, now: () => number) {
    this.#write = write
    this.#now = now
    this.#lastMs = now()
  }

  begin(header: RunHeader): void {
    this.#lines(formatHeader(header))
  }

  resume(resumption: Resumption): void {
    this.#lines([formatResumption(resumption)])
  }

  print(text: string): void {
    this.#write(text.endsWith('\n') ? text : `${text}\n`)
  }

  update(status: RunStatus): void {
    if (this.#now() - this.#lastMs < EVERY_MS) return
    this.#lastMs = this.#now()
    this.#lines(formatStatus(status, { bar: false, columns: Infinity }))
  }

  end(summary: RunSummary): void {
    this.#lines(formatSummary(summary))
  }

  #lines(lines: readonly string[]): void {
    for (const line of lines) this.#write(`${line}\n`)
  }
}
