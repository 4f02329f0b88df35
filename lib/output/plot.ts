import { decodeValue, encodeValue } from '../codec/rows.ts'
import { fieldNames, fieldOf } from '../values/columns.ts'
import { describeValue } from '../values/describe-value.ts'
import { toJson } from '../values/to-json.ts'

/** bar and number: the newest batch's rows, the largest first. line: one point per row, over batches. table: the newest batch's rows as they are. */
export type PlotKind = 'bar' | 'line' | 'number' | 'table'

/** How a plot is drawn, as its program says. */
export interface PlotShape {
  readonly title: string
  readonly kind: PlotKind
  /** Field of a row: label of a bar or number, place of a point. 'time' of a line: batch time, unless rows have a field of this name. */
  readonly x: string
  readonly y: string
  /** A line for each of its values; null: one line. */
  readonly by: string | null
  /** How far back a line goes, ms. */
  readonly lastMs: number
}

/** A label, a number, or what a table shows. */
export type PlotCell = string | number | boolean | null

/** What of a plot is kept: by a task, and for all of them by who closes the batch. Small enough for a log's entry. */
export interface Plot extends PlotShape {
  /** Of `rows`. bar and number: label, value. line: place, value, line. table: the fields of the rows. */
  readonly columns: readonly string[]
  readonly rows: readonly (readonly PlotCell[])[]
  /** Rows that would be too much: how many, not which. */
  readonly leftOut: number
  /** Rows without a number where one is drawn. */
  readonly unfit: number
}

const MAX_BARS = 20
const MAX_ROWS = 1_000
const MAX_COLUMNS = 30
/** Of a label or a cell; what is longer is cut. */
const MAX_CHARACTERS = 200
/** Of all plots of a task, and again of a batch. */
export const MAX_PLOT_BYTES: number = 16 * 1024
/** What a row takes beside its texts: more than it does. */
const ROW_BYTES = 16

/** Returns what is kept of the rows of one batch and partition. `bytes`: how much all of it may take. */
export function plotOf(shape: PlotShape, rows: readonly unknown[], { time, bytes }: { readonly time: number; readonly bytes: number }): Plot {
  const { kind, x, y, by } = shape
  if (kind === 'table') {
    // Rows that are kept say which columns there are: what is beyond is not looked at.
    const columns = [...new Set(rows.slice(0, MAX_ROWS).flatMap((row) => fieldNames(row)))].slice(0, MAX_COLUMNS)
    return fit(
      { ...shape, columns, rows: rows.slice(0, MAX_ROWS).map((row) => columns.map((name) => cellOf(fieldOf(row, name)))), leftOut: 0, unfit: 0 },
      rows.length,
      bytes,
    )
  }
  const drawn = rows.flatMap((row): readonly (readonly PlotCell[])[] => {
    const value = fieldOf(row, y)
    if (typeof value !== 'number' || !Number.isFinite(value)) return []
    if (kind !== 'line') return [[cellOf(fieldOf(row, x)), value]]
    const field = fieldOf(row, x)
    const place = field === undefined && x === 'time' ? time : field instanceof Date ? field.getTime() : field
    if (typeof place !== 'number' || !Number.isFinite(place)) return []
    return [by === null ? [place, value] : [place, value, cellOf(fieldOf(row, by))]]
  })
  const columns = kind === 'line' && by !== null ? [x, y, by] : [x, y]
  return fit({ ...shape, columns, rows: inOrder(kind, drawn), leftOut: 0, unfit: rows.length - drawn.length }, drawn.length, bytes)
}

/** Returns the plot of a whole batch: of all its partitions, in their order. */
export function mergePlots(plots: readonly Plot[], bytes: number): Plot | undefined {
  const [first] = plots
  if (first === undefined || plots.length === 1) return first
  const columns = [...new Set(plots.flatMap((plot) => plot.columns))].slice(0, MAX_COLUMNS)
  const rows = plots.flatMap((plot) => {
    const places = columns.map((name) => plot.columns.indexOf(name))
    return plot.rows.map((row) => places.map((i) => row[i] ?? null))
  })
  const sum = (of: (plot: Plot) => number): number => plots.reduce((n, plot) => n + of(plot), 0)
  const all = { ...first, columns, rows: inOrder(first.kind, rows), leftOut: 0, unfit: sum((plot) => plot.unfit) }
  return fit(all, rows.length + sum((plot) => plot.leftOut), bytes)
}

export function encodePlot(plot: Plot): Uint8Array {
  const { title, kind, x, y, by, lastMs, columns, rows, leftOut, unfit } = plot
  return encodeValue([title, kind, x, y, by, lastMs, columns, rows, leftOut, unfit])
}

export function decodePlot(bytes: Uint8Array): Plot {
  const [title, kind, x, y, by, lastMs, columns, rows, leftOut, unfit] = decodeValue(bytes) as [
    string,
    PlotKind,
    string,
    string,
    string | null,
    number,
    string[],
    PlotCell[][],
    number,
    number,
  ]
  return { title, kind, x, y, by, lastMs, columns, rows, leftOut, unfit }
}

/** Keeps the first rows, as many as may be kept. `total`: how many there are in all. */
function fit(plot: Plot, total: number, bytes: number): Plot {
  const most = plot.kind === 'bar' || plot.kind === 'number' ? MAX_BARS : MAX_ROWS
  let left = bytes - textBytes([plot.title, plot.x, plot.y, plot.by, ...plot.columns]) - ROW_BYTES * (plot.columns.length + 1)
  const rows: (readonly PlotCell[])[] = []
  for (const row of plot.rows) {
    left -= ROW_BYTES + textBytes(row)
    if (rows.length === most || left < 0) break
    rows.push(row)
  }
  return { ...plot, rows, leftOut: total - rows.length }
}

/** What cells take at most as bytes: a number nine. */
function textBytes(cells: readonly PlotCell[]): number {
  return cells.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? Buffer.byteLength(cell) + 5 : 9), 0)
}

/** An order that depends on the rows alone: the largest first; of lines the earliest. A table's rows stay as they are. */
function inOrder(kind: PlotKind, rows: readonly (readonly PlotCell[])[]): readonly (readonly PlotCell[])[] {
  if (kind === 'table') return rows
  if (kind === 'line') return rows.toSorted((a, b) => compareCells(a[0], b[0]) || compareCells(a[2], b[2]) || compareCells(a[1], b[1]))
  return rows.toSorted((a, b) => compareCells(b[1], a[1]) || compareCells(a[0], b[0]))
}

function compareCells(a: PlotCell = null, b: PlotCell = null): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [one, other] = [`${typeof a} ${a}`, `${typeof b} ${b}`]
  return one < other ? -1 : one === other ? 0 : 1
}

function cellOf(value: unknown): PlotCell {
  if (typeof value === 'string') return cut(value)
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  if (value === undefined) return null
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString()
  try {
    return cut(toJson(value))
  } catch {
    return cut(describeValue(value))
  }
}

function cut(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS - 1).toWellFormed()}…` : text
}
