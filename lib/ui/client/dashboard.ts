import { useMemo, useState } from 'preact/hooks'
import type { VNode } from 'preact'
import type { PlotCell } from '../../output/plot.ts'
import type { DashboardData, PlotView } from '../../tools/read-plots.ts'
import { useApi } from './api.ts'
import { Timeline, type Series } from './charts.ts'
import { count, cut, figure, moment } from './format.ts'
import { html } from './html.ts'
import { Empty, Table, Waiting } from './parts.ts'

const COLORS = ['--blue', '--amber', '--green', '--violet', '--red', '--accent', '--muted', '--limit']
/** Numbers that stand side by side. */
const MAX_NUMBERS = 4

type Row = readonly PlotCell[]

export function DashboardPage(): VNode {
  const { data, error } = useApi<DashboardData>('/api/dashboard')
  if (data === undefined) return html`<${Waiting} error=${error} />`
  if (data.batch === null) return html`<${Empty}>No batch has plotted anything. A program says what to plot: <code>counts.plot('Words')</code><//>`
  const plots = new Map(data.plots.map((plot) => [plot.title, plot]))
  return html`<p class="headline">
      ${data.title === null ? null : html`<b>${data.title}</b> · `}<a href=${`/batches/${data.batch}`}>batch ${data.batch}</a> of ${moment(data.timeMs)}
    </p>
    <div class="board">
      ${data.rows.map(
        (titles) =>
          html`<div class="row" key=${titles.join('\n')}>
            ${titles.map((title) => {
              const plot = plots.get(title)
              return plot === undefined
                ? html`<section key=${title}>
                    <h2>${title}</h2>
                    <${Empty}>Not in the newest batch.<//>
                  </section>`
                : html`<${PlotPanel} key=${title} plot=${plot} />`
            })}
          </div>`,
      )}
    </div>`
}

function PlotPanel({ plot }: { readonly plot: PlotView }): VNode {
  const [open, setOpen] = useState(false)
  const drawn = plot.rows.length === 0 ? html`<${Empty}>No rows.<//>` : DRAW[plot.kind](plot)
  return html`<section>
    <h2>${plot.title}</h2>
    ${drawn} ${notesOf(plot).map((note) => html`<p class="hint" key=${note}>${note}</p>`)}
    ${
      plot.kind === 'table' || plot.rows.length === 0
        ? null
        : html`<details onToggle=${(event: Event) => setOpen((event.target as HTMLDetailsElement).open)}>
            <summary>Table</summary>
            ${open ? html`<${Rows} plot=${plot} />` : null}
          </details>`
    }
  </section>`
}

const DRAW: Readonly<Record<PlotView['kind'], (plot: PlotView) => VNode>> = {
  bar: (plot) => html`<${Bars} rows=${plot.rows} />`,
  line: (plot) => html`<${Lines} plot=${plot} />`,
  number: (plot) => html`<${Numbers} plot=${plot} />`,
  table: (plot) => html`<${Rows} plot=${plot} />`,
}

function notesOf(plot: PlotView): readonly string[] {
  const { kind, leftOut, unfit, rows, every, cut: short, sinceMs, y } = plot
  const notes: string[] = []
  if (leftOut > 0)
    notes.push(
      kind === 'bar' || kind === 'number'
        ? `The largest ${count(rows.length)} of ${count(rows.length + leftOut)}.`
        : `${count(leftOut)} more rows were too many for a plot: plot fewer, such as the largest, or of each key one.`,
    )
  if (unfit > 0) notes.push(`${count(unfit)} rows had no number in '${y}' or no place: map them to rows that have.`)
  if (every > 1) notes.push(`Every ${count(every)}th batch is shown: there are too many for one view.`)
  if (short) notes.push(`It begins at ${moment(sinceMs)}: what is before would be too much for one view.`)
  return notes
}

function labelOf(cell: PlotCell | undefined): string {
  return cell === null || cell === undefined ? '-' : typeof cell === 'number' ? figure(cell) : String(cell)
}

/** Bars grow from a common 0, to the left where a value is negative. */
function Bars({ rows }: { readonly rows: readonly Row[] }): VNode {
  const values = rows.map((row) => Number(row[1]))
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)]
  const scale = 100 / (most - least || 1)
  return html`<div class="bars">
    ${rows.map((row, i) => {
      const value = values[i] ?? 0
      const x = (Math.min(0, value) - least) * scale
      return html`<span class="label" title=${labelOf(row[0])}>${cut(labelOf(row[0]), 60)}</span
        ><svg viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
          <rect x=${x} y="1" width=${Math.max(0.4, Math.abs(value) * scale)} height="12" rx="1"></rect></svg
        ><span class="right">${figure(value)}</span>`
    })}
  </div>`
}

function Numbers({ plot }: { readonly plot: PlotView }): VNode {
  const few = plot.rows.length <= MAX_NUMBERS
  return html`<dl class=${few ? 'numbers' : 'numbers many'}>
    ${plot.rows.map(
      ([label, value]) =>
        html`<div key=${labelOf(label)}>
          <dt>${label === null && plot.rows.length === 1 ? plot.columns[1] : cut(labelOf(label), 60)}</dt>
          <dd class=${few ? 'big' : ''}>${figure(Number(value))}</dd>
        </div>`,
    )}
  </dl>`
}

function Lines({ plot }: { readonly plot: PlotView }): VNode {
  const { rows } = plot
  const time = isTime(plot)
  const { x, series, others } = useMemo(() => linesOf(rows, plot.y), [rows])
  const days = new Set(x.map((at) => Math.floor(at / 86_400_000)))
  const xFormat = !time
    ? figure
    : days.size > 1
      ? (at: number) => new Date(at).toISOString().slice(5, 16).replace('T', ' ')
      : (at: number) => new Date(at).toISOString().slice(11, 19)
  const last = x.at(-1)
  return html`<${Timeline}
      x=${x}
      series=${series}
      format=${figure}
      xFormat=${xFormat}
      height=${220}
      synced=${false}
      spans=${true}
      label=${`${plot.title}: ${series.map(({ label, values }) => `${label} ${figure(values.findLast((value) => value !== null))}`).join(', ')}`}
    />
    <ul class="legend">
      ${series.map(
        ({ label, color, values }) =>
          html`<li key=${label}>
            <svg viewBox="0 0 12 10" aria-hidden="true"><rect width="12" height="10" rx="2" style=${{ fill: `var(${color})` }}></rect></svg>${cut(label, 40)}
            <b>${figure(values.findLast((value) => value !== null))}</b>
          </li>`,
      )}
    </ul>
    <p class="hint">
      ${last === undefined ? null : `${plot.x} ${time ? `${moment(x[0])} to ${moment(last)}` : `${figure(x[0])} to ${figure(last)}`}`}${others > 0 ? `; ${count(others)} more lines are only in the table` : ''}
    </p>`
}

/** Epoch milliseconds of a year that people plot. */
function isTime({ x, rows }: PlotView): boolean {
  return (
    rows.every((row) => typeof row[0] === 'number' && Number.isInteger(row[0])) &&
    (x === 'time' || rows.every((row) => Number(row[0]) > 3e11 && Number(row[0]) < 1e13))
  )
}

/** A line for each value of `by`: those with the largest last points. Where a line has two points at one place, the later batch's holds. */
function linesOf(rows: readonly Row[], y: string): { readonly x: readonly number[]; readonly series: readonly Series[]; readonly others: number } {
  const lines = new Map<string, Map<number, number>>()
  for (const [at, value, by] of rows) {
    const name = by === undefined ? y : labelOf(by)
    const line = lines.get(name) ?? new Map<number, number>()
    line.set(Number(at), Number(value))
    lines.set(name, line)
  }
  const lastOf = (line: Map<number, number>): number => line.get(Math.max(...line.keys())) ?? 0
  const shown = [...lines].toSorted(([, a], [, b]) => lastOf(b) - lastOf(a)).slice(0, COLORS.length)
  const x = [...new Set(shown.flatMap(([, line]) => [...line.keys()]))].toSorted((a, b) => a - b)
  return {
    x,
    series: shown.map(([label, line], i) => ({ label, color: COLORS[i] ?? '--blue', values: x.map((at) => line.get(at) ?? null) })),
    others: lines.size - shown.length,
  }
}

function Rows({ plot }: { readonly plot: PlotView }): VNode {
  const time = plot.kind === 'line' && isTime(plot)
  return html`<${Table}
    caption=${plot.title}
    size=${10}
    rows=${plot.kind === 'line' ? plot.rows.toReversed() : plot.rows}
    columns=${plot.columns.map((name, i) => ({
      name,
      right: plot.rows.some((row) => typeof row[i] === 'number'),
      cell: (row: Row) => (time && i === 0 ? moment(Number(row[0])) : labelOf(row[i])),
      by: (row: Row) => (typeof row[i] === 'boolean' ? String(row[i]) : (row[i] ?? null)),
    }))}
  />`
}
