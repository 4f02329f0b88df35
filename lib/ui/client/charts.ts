import { useEffect, useRef, useState } from 'preact/hooks'
import type { VNode } from 'preact'
import UPlot from 'uplot'
import { html } from './html.ts'

/** A colour of the style sheet, as a canvas takes it. */
function color(name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${name})`
  document.body.append(probe)
  const value = getComputedStyle(probe).color
  probe.remove()
  return value
}

/** Changes when light becomes dark, or the other way. */
export function useScheme(): string {
  const query = matchMedia('(prefers-color-scheme: dark)')
  const [scheme, set] = useState(query.matches ? 'dark' : 'light')
  useEffect(() => {
    const change = (): void => set(query.matches ? 'dark' : 'light')
    query.addEventListener('change', change)
    return () => query.removeEventListener('change', change)
  }, [])
  return scheme
}

const cursor = UPlot.sync('batches')

export interface Series {
  readonly label: string
  readonly color: string
  readonly values: readonly (number | null)[]
}

interface TimelineProps {
  readonly x: readonly number[]
  readonly series: readonly Series[]
  readonly max?: number | undefined
  readonly format: (value: number | null) => string
  readonly xFormat?: ((value: number) => string) | undefined
  /** A dashed line. */
  readonly limit?: { readonly at: number; readonly label: string } | undefined
  readonly onPick?: ((index: number) => void) | undefined
  readonly height?: number
  readonly synced?: boolean
  /** A line goes on over places where it has no point. */
  readonly spans?: boolean
  readonly label: string
}

/** Lines over batches: drawn on a canvas, with the cursor shared by all of them. What it shows stands in a table behind it. */
export function Timeline({ x, series, max, format, xFormat, limit, onPick, height = 130, synced = true, spans = false, label }: TimelineProps): VNode {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot | undefined>(undefined)
  const scheme = useScheme()
  const latest = useRef({ limit, onPick, format, max, xFormat })
  latest.current = { limit, onPick, format, max, xFormat }
  const names = series.map(({ label: name }) => name).join('\n')
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const [text, grid, dashed] = [color('--muted'), color('--grid'), color('--limit')]
    const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: '11px system-ui, sans-serif' }
    const made = new UPlot(
      {
        width: Math.max(200, element.clientWidth),
        height,
        padding: [8, 8, 0, 0],
        legend: { show: false },
        cursor: { ...(synced ? { sync: { key: cursor.key } } : {}), points: { size: 7 }, y: false },
        scales: {
          x: { time: false },
          y: {
            range: (_u, least, most) => [Math.min(0, least ?? 0) * 1.08, Math.max(latest.current.max ?? most ?? 1, latest.current.limit?.at ?? 0, 1e-6) * 1.08],
          },
        },
        axes: [
          {
            ...axis,
            size: 24,
            ...(xFormat === undefined ? {} : { space: 90 }),
            values: (_u, splits) => splits.map((at) => (Number.isInteger(at) ? (latest.current.xFormat?.(at) ?? String(at)) : '')),
          },
          { ...axis, size: 62, values: (_u, splits) => splits.map((at) => latest.current.format(at)), space: 32 },
        ],
        series: [
          {},
          ...series.map((one) => ({
            label: one.label,
            stroke: color(one.color),
            width: 2,
            fill: series.length === 1 ? `color-mix(in srgb, ${color(one.color)} 14%, transparent)` : undefined,
            points: { show: x.length < 3 },
            spanGaps: spans,
          })),
        ] as UPlot.Series[],
        hooks: {
          draw: [
            (u) => {
              const now = latest.current.limit
              if (now === undefined) return
              const y = u.valToPos(now.at, 'y', true)
              const { ctx } = u
              ctx.save()
              ctx.strokeStyle = dashed
              ctx.lineWidth = devicePixelRatio
              ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio])
              ctx.beginPath()
              ctx.moveTo(u.bbox.left, y)
              ctx.lineTo(u.bbox.left + u.bbox.width, y)
              ctx.stroke()
              ctx.fillStyle = dashed
              ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`
              ctx.textAlign = 'right'
              ctx.fillText(now.label, u.bbox.left + u.bbox.width - 4 * devicePixelRatio, y - 5 * devicePixelRatio)
              ctx.restore()
            },
          ],
        },
      },
      [x as number[], ...series.map(({ values }) => values as number[])],
      element,
    )
    plot.current = made
    made.over.addEventListener('click', () => {
      const index = made.cursor.idx
      if (typeof index === 'number') latest.current.onPick?.(index)
    })
    const observer = new ResizeObserver(() => made.setSize({ width: Math.max(200, element.clientWidth), height }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
      plot.current = undefined
    }
  }, [scheme, names, height])
  useEffect(() => {
    plot.current?.setData([x as number[], ...series.map(({ values }) => values as number[])])
  }, [x, series])
  return html`<div class=${`plot ${onPick === undefined ? '' : 'picks'}`} ref=${box} role="img" aria-label=${label} style=${{ height: `${height}px` }}></div>`
}

/** How often each size occurs: bars that share the time line's range. */
export function Histogram({
  values,
  max,
  format,
  label,
}: {
  readonly values: readonly number[]
  readonly max: number
  readonly format: (n: number) => string
  readonly label: string
}): VNode {
  const BINS = 10
  const bins = Array.from({ length: BINS }, () => 0)
  for (const value of values) {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor((value / (max || 1)) * BINS)))
    bins[bin] = (bins[bin] ?? 0) + 1
  }
  const most = Math.max(1, ...bins)
  const bar = (n: number, i: number): VNode => {
    const y = 96 - (i + 1) * 9.4
    return html`<g key=${i}
      ><title>${format((i * max) / BINS)} to ${format(((i + 1) * max) / BINS)}: ${n} batches</title>
      <rect class="bar" x="0" y=${y} width=${n === 0 ? 0 : Math.max(1.5, (n / most) * 100)} height="8" rx="1.5"></rect
    ></g>`
  }
  return html`<div class="histogram">
    <svg viewBox="0 0 120 100" preserveAspectRatio="none" role="img" aria-label=${label}>${bins.map(bar)}</svg><span class="axis">0</span
    ><span class="axis end">${most}</span>
  </div>`
}

/** A line without axes, beside its number. */
export function Sparkline({ values }: { readonly values: readonly (number | null)[] }): VNode | null {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value))
  if (known.length < 2) return html`<svg class="spark" viewBox="0 0 100 24" aria-hidden="true"></svg>`
  const max = Math.max(...known, 1e-9)
  const points = values.flatMap((value, i) =>
    value === null || !Number.isFinite(value) ? [] : [`${((i / Math.max(1, values.length - 1)) * 100).toFixed(1)},${(22 - (value / max) * 20).toFixed(1)}`],
  )
  return html`<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true"><polyline points=${points.join(' ')}></polyline></svg>`
}
