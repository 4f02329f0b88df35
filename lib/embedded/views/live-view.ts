import { formatHeader, formatResumption, formatStatus, formatSummary } from './format-status.ts'
import { formatTable } from './format-table.ts'
import type { Resumption, RunHeader, RunStatus, RunSummary, RunView } from './run-status.ts'

/** Between two drawings, ms: as often as an eye can follow. */
const EVERY_MS = 100

const CLEAR_BELOW = '\u001b[0J'

export interface Screen {
  readonly columns: number
  readonly rows: number
}

/** A run in a terminal: one block that is drawn over and over, below what `print` wrote. The cursor is not hidden: who kills the run could not bring it back. */
export class LiveView implements RunView {
  readonly #write: (text: string) => void
  readonly #now: () => number
  readonly #screen: () => Screen
  #drawn = 0
  #lastMs = -Infinity
  #status: RunStatus | undefined

  constructor(options: { readonly write: (text: string) => void; readonly now: () => number; readonly screen: () => Screen }) {
    this.#write = options.write
    this.#now = options.now
    this.#screen = options.screen
  }

  begin(header: RunHeader): void {
    this.#write(`${formatHeader(header).join('\n')}\n`)
  }

  resume(resumption: Resumption): void {
    this.#write(`${formatResumption(resumption)}\n`)
  }

  print(text: string): void {
    this.#write(`${this.#erase()}${text.endsWith('\n') ? text : `${text}\n`}`)
    this.#draw()
  }

  update(status: RunStatus): void {
    this.#status = status
    if (this.#now() - this.#lastMs < EVERY_MS) return
    this.#lastMs = this.#now()
    this.#draw()
  }

  end(summary: RunSummary): void {
    this.#draw()
    this.#write(`${formatSummary(summary).join('\n')}\n`)
  }

  #draw(): void {
    if (this.#status === undefined) return
    const { columns, rows } = this.#screen()
    // A line that wraps would count as two, and the block would climb up the screen.
    const lines = [...formatStatus(this.#status, { bar: true, columns: columns - 1 }), ...formatTable(this.#status.table)]
      .slice(0, Math.max(1, rows - 1))
      .map((line) => [...line].slice(0, columns - 1).join(''))
    this.#write(`${this.#erase()}${lines.join('\n')}\n`)
    this.#drawn = lines.length
  }

  #erase(): string {
    const up = this.#drawn === 0 ? '' : `\u001b[${this.#drawn}A\r${CLEAR_BELOW}`
    this.#drawn = 0
    return up
  }
}
