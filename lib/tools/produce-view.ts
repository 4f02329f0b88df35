import { formatCount } from '../embedded/views/format-count.ts'
import { formatShare } from '../embedded/views/format-share.ts'
import type { ProduceStatus } from './produce-lines.ts'

/** Between two drawings: as often as an eye can follow, or as a log wants to be told. */
const EVERY_MS = { terminal: 100, plain: 5_000 } as const
const CLEAR_LINE = '\r\u001b[2K'

export interface Screen {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** How far `produce` is: a bar that is drawn over and over in a terminal, now and then a line elsewhere. */
export class ProduceView {
  readonly #screen: Screen
  readonly #now: () => number
  readonly #streams = new Map<string, ProduceStatus>()
  #lastMs: number
  #drawn = false

  constructor(screen: Screen, now: () => number) {
    this.#screen = screen
    this.#now = now
    this.#lastMs = now()
  }

  update(status: ProduceStatus): void {
    this.#streams.set(status.stream, status)
    const terminal = this.#screen.isTTY === true
    if (this.#now() - this.#lastMs < (terminal ? EVERY_MS.terminal : EVERY_MS.plain)) return
    this.#lastMs = this.#now()
    const line = formatProduceStatus([...this.#streams.values()], { bar: terminal })
    // A line that wraps could not be cleared.
    this.#screen.write(terminal ? `${CLEAR_LINE}${[...line].slice(0, (this.#screen.columns ?? 80) - 1).join('')}` : `${line}\n`)
    this.#drawn = terminal
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#drawn) this.#screen.write(CLEAR_LINE)
  }
}

/** One line that says how far all streams are together. */
export function formatProduceStatus(all: readonly ProduceStatus[], options: { readonly bar: boolean }): string {
  const sum = (of: (status: ProduceStatus) => number): number => all.reduce((total, status) => total + of(status), 0)
  const records = sum((status) => status.records)
  const elapsedMs = Math.max(0, ...all.map((status) => status.elapsedMs))
  const known = all.every(({ recordsInAll }) => recordsInAll !== undefined)
  const parts: string[] = []
  if (known) {
    const inAll = sum((status) => status.recordsInAll ?? 0)
    parts.push(`${formatCount(inAll)} records ${formatShare(records, inAll, options)}`)
  }
  parts.push(
    `${formatCount(records)} put`,
    `${formatCount(elapsedMs === 0 ? 0 : (records * 1000) / elapsedMs)} rec/s`,
    `${formatCount(sum((status) => status.retried))} retried`,
  )
  return ` ${parts.join('   ')}`
}

/** What was put, when all of it is: `5 000 records in 11 s, 3 shards, 0 retried`. */
export function formatProduced({ records, elapsedMs, shards, retried }: ProduceStatus): string {
  const seconds = elapsedMs / 1000
  return `${formatCount(records)} ${records === 1 ? 'record' : 'records'} in ${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s, ${shards.length} ${shards.length === 1 ? 'shard' : 'shards'}, ${formatCount(retried)} retried`
}
