import { useMemo, useState } from 'preact/hooks'
import type { VNode } from 'preact'
import type { JobHead } from '../viewed-job.ts'
import { Histogram, Timeline } from './charts.ts'
import { mean, type Point } from './figures.ts'
import { moment, rate, span } from './format.ts'
import { html } from './html.ts'
import { Table } from './parts.ts'
import { go } from './route.ts'

/** Spark's four time lines, each with its histogram; one range for the three delays. */
export function Lines({ head, points }: { readonly head: JobHead; readonly points: readonly Point[] }): VNode {
  const x = useMemo(() => points.map(({ figures }) => figures.batch), [points])
  const most = (values: readonly (number | null)[]): number => Math.max(1e-6, ...values.map((value) => value ?? 0))
  const delays = most(points.flatMap(({ scheduling, processing, total }) => [scheduling, processing, total]))
  const streams = [...new Set(points.flatMap(({ figures }) => Object.keys(figures.records ?? {})))]
  const pick = (index: number): void => go(`/batches/${x[index] ?? 0}`)
  const stable = head.wallIntervalMs
  const row = (
    title: string,
    values: readonly (number | null)[],
    options: { readonly unit: 'ms' | 'rate'; readonly color: string; readonly max: number; readonly stable?: boolean; readonly why?: string | null },
  ): VNode => {
    const format = options.unit === 'ms' ? span : rate
    const known = values.filter((value): value is number => value !== null)
    const why = known.length === 0 ? (options.why ?? 'not known') : null
    return html`<${Line}
      key=${title}
      title=${title}
      x=${x}
      values=${values}
      color=${options.color}
      max=${options.max}
      format=${format}
      why=${why}
      points=${points}
      limit=${options.stable === true && stable !== null ? { at: stable, label: `stable: ${span(stable)}` } : undefined}
      onPick=${pick}
    />`
  }
  const perStream = streams.length < 2 ? [] : streams
  return html`<div class="lines">
    ${row(
      'Input rate',
      points.map((point) => point.rate),
      { unit: 'rate', color: '--blue', max: most(points.map((point) => point.rate)) },
    )}
    ${
      perStream.length === 0
        ? null
        : html`<details class="streams">
            <summary>By stream</summary>
            ${perStream.map((stream) =>
              row(
                stream,
                points.map(({ figures, rate: all, records }) =>
                  all === null || records === null || records === 0 ? all : (all * (figures.records?.[stream] ?? 0)) / records,
                ),
                { unit: 'rate', color: '--blue', max: most(points.map((point) => point.rate)) },
              ),
            )}
          </details>`
    }
    ${row(
      'Scheduling delay',
      points.map((point) => point.scheduling),
      { unit: 'ms', color: '--amber', max: delays, why: head.noClock },
    )}
    ${row(
      'Processing time',
      points.map((point) => point.processing),
      {
        unit: 'ms',
        color: '--green',
        max: Math.max(delays, stable !== null && delays * 4 > stable ? stable : 0),
        stable: stable !== null && delays * 4 > stable,
      },
    )}
    ${row(
      'Total delay',
      points.map((point) => point.total),
      { unit: 'ms', color: '--red', max: delays, why: head.noClock },
    )}
  </div>`
}

interface LineProps {
  readonly title: string
  readonly x: readonly number[]
  readonly values: readonly (number | null)[]
  readonly color: string
  readonly max: number
  readonly format: (n: number | null) => string
  readonly why: string | null
  readonly points: readonly Point[]
  readonly limit: { readonly at: number; readonly label: string } | undefined
  readonly onPick: (index: number) => void
}

function Line({ title, x, values, color, max, format, why, points, limit, onPick }: LineProps): VNode {
  const [open, setOpen] = useState(false)
  const series = useMemo(() => [{ label: title, color, values }], [values])
  const known = values.filter((value): value is number => value !== null)
  const average = mean(values)
  return html`<figure class="line">
    <figcaption>
      <b>${title}</b><span class="avg">${why === null ? html`avg ${format(average)}` : '-'}</span>
      <details onToggle=${(event: Event) => setOpen((event.target as HTMLDetailsElement).open)}><summary>Table</summary></details>
    </figcaption>
    ${
      why === null
        ? html`<div class="charts">
            <${Timeline}
              x=${x}
              series=${series}
              max=${max}
              format=${format}
              limit=${limit}
              onPick=${onPick}
              label=${`${title} of ${points.length} batches: average ${format(average)}`}
            />
            <${Histogram} values=${known} max=${max} format=${format} label=${`How often: ${title}`} />
          </div>`
        : html`<p class="hint">${why}</p>`
    }
    ${
      open
        ? html`<${Table}
            caption=${title}
            size=${10}
            rows=${points.map((point, i) => ({ point, value: values[i] ?? null })).toReversed()}
            columns=${[
              { name: 'Batch', cell: ({ point }: { point: Point }) => html`<a href=${`/batches/${point.figures.batch}`}>${point.figures.batch}</a>` },
              { name: 'Batch time', cell: ({ point }: { point: Point }) => moment(point.figures.timeMs) },
              { name: title, right: true, cell: ({ value }: { value: number | null }) => format(value) },
            ]}
          />`
        : null
    }
  </figure>`
}
