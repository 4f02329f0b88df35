import { decodePlot, type Plot, type PlotCell } from '../output/plot.ts'
import { encodeEntry } from '../runtime/entries/entry-codec.ts'
import type { PlotsEntry } from '../runtime/entries/entry.ts'
import { PLOTS_LOG } from '../runtime/entries/log-names.ts'
import type { Log } from '../runtime/ports/log.ts'
import { MAX_BATCHES, MAX_VIEW_BYTES } from './batch-reader.ts'
import { EntryReader } from './entry-reader.ts'

/** Batches are read in pieces, the newest first. */
const PIECE = 100

export interface PlotView extends Plot {
  /** Of a line: points of all batches that are shown, the oldest batch first. */
  readonly rows: readonly (readonly PlotCell[])[]
  /** Time of the oldest batch that is shown, epoch ms. */
  readonly sinceMs: number
  /** Of a line: of so many batches one is shown. */
  readonly every: number
  /** Of a line: it does not go back as far as it should, for that would be too much to read. */
  readonly cut: boolean
}

/** What the dashboard shows. JSON-able. */
export interface DashboardData {
  readonly title: string | null
  /** Titles of plots, side by side and below each other. */
  readonly rows: readonly (readonly string[])[]
  readonly plots: readonly PlotView[]
  /** The newest batch that plots, and its time; null: there is none. */
  readonly batch: number | null
  readonly timeMs: number | null
}

interface Known {
  readonly timeMs: number
  readonly plots: readonly Plot[]
  readonly bytes: number
}

/** Reads what batches have plotted. Entries never change: those of the last view are remembered. */
export class PlotHistory {
  #known = new Map<number, Known>()
  #newest = -1

  async read(log: Log): Promise<DashboardData> {
    const reader = new EntryReader(log)
    const newest = await reader.newest('plots', PLOTS_LOG)
    if (newest === null) return { title: null, rows: [], plots: [], batch: null, timeMs: null }
    // A job that was begun anew counts from 0 again.
    if (newest.n < this.#newest) this.#known.clear()
    this.#newest = newest.n
    const now = knownOf(newest.entry)
    const lastMs = Math.max(0, ...now.plots.map((plot) => (plot.kind === 'line' ? plot.lastMs : 0)))
    const { batches, every, cut } = await this.#back(reader, newest.n, now, lastMs)
    this.#known = new Map(batches)
    const { dashboard, time } = newest.entry
    const laidOut = new Set(dashboard?.rows.flat())
    return {
      title: dashboard?.title ?? null,
      rows: [...(dashboard?.rows ?? []), ...now.plots.filter(({ title }) => !laidOut.has(title)).map(({ title }) => [title])],
      plots: now.plots.map((plot) =>
        plot.kind === 'line' ? lineOf(plot, batches, { timeMs: time, every, cut }) : { ...plot, sinceMs: time, every: 1, cut: false },
      ),
      batch: newest.n,
      timeMs: time,
    }
  }

  /** Returns the batches that lines show, ascending: all of the last `lastMs`, or every so many of them. */
  async #back(
    reader: EntryReader,
    newest: number,
    now: Known,
    lastMs: number,
  ): Promise<{ readonly batches: readonly (readonly [n: number, known: Known])[]; readonly every: number; readonly cut: boolean }> {
    const since = now.timeMs - lastMs
    const found: (readonly [number, Known])[] = [[newest, now]]
    let bytes = now.bytes
    let every = 1
    let cut = false
    if (lastMs > 0)
      read: for (let to = newest - 1; to >= 0;) {
        const numbers: number[] = []
        for (let n = to - (to % every); n >= 0 && numbers.length < PIECE; n -= every) numbers.push(n)
        for (const [n, known] of await this.#many(reader, numbers)) {
          to = n - 1
          if (known === null) continue
          if (known.timeMs <= since) break read
          bytes += known.bytes
          if (bytes > MAX_VIEW_BYTES || found.length >= 2 * MAX_BATCHES) {
            cut = true
            break read
          }
          found.push([n, known])
        }
        if (numbers.length < PIECE) break
        // From the newest of them it is known how many there will be.
        const oldest = found.at(-1)
        if (every === 1 && oldest !== undefined && oldest[0] < newest) {
          const batchMs = Math.max(1, (now.timeMs - oldest[1].timeMs) / (newest - oldest[0]))
          every = Math.ceil(lastMs / batchMs / MAX_BATCHES)
        }
      }
    // So that a line is as coarse at its end as before, and a point that is shown stays.
    return { batches: found.filter(([n]) => n === newest || n % every === 0).toReversed(), every, cut }
  }

  async #many(reader: EntryReader, numbers: readonly number[]): Promise<readonly (readonly [number, Known | null])[]> {
    const wanted = numbers.filter((n) => !this.#known.has(n))
    const entries = await reader.many(
      'plots',
      wanted.map((n) => ({ log: PLOTS_LOG, n })),
    )
    const fresh = new Map(wanted.map((n, i) => [n, entries[i] ?? null]))
    return numbers.map((n) => {
      const entry = fresh.get(n)
      return [n, this.#known.get(n) ?? (entry === null || entry === undefined ? null : knownOf(entry))]
    })
  }
}

function knownOf(entry: PlotsEntry): Known {
  return { timeMs: entry.time, plots: entry.plots.map(decodePlot), bytes: encodeEntry(entry).length }
}

function lineOf(
  newest: Plot,
  batches: readonly (readonly [n: number, known: Known])[],
  { timeMs, every, cut }: { readonly timeMs: number; readonly every: number; readonly cut: boolean },
): PlotView {
  const own = batches.flatMap(([, known]) => {
    const plot = known.timeMs > timeMs - newest.lastMs ? known.plots.find(({ title, kind }) => title === newest.title && kind === newest.kind) : undefined
    return plot === undefined ? [] : [{ plot, timeMs: known.timeMs }]
  })
  const sum = (of: (plot: Plot) => number): number => own.reduce((n, { plot }) => n + of(plot), 0)
  return {
    ...newest,
    rows: own.flatMap(({ plot }) => plot.rows),
    leftOut: sum((plot) => plot.leftOut),
    unfit: sum((plot) => plot.unfit),
    sinceMs: own[0]?.timeMs ?? timeMs,
    every,
    cut,
  }
}
