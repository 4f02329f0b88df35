import type { BatchFigures } from '../../runtime/entries/figures.ts'
import type { JobHead } from '../viewed-job.ts'

/** What the Streaming page plots of a batch, ms and records per wall second; null: not known. */
export interface Point {
  readonly figures: BatchFigures
  readonly records: number | null
  readonly rate: number | null
  readonly scheduling: number | null
  readonly processing: number | null
  readonly total: number | null
}

/** Returns Spark's figures of each batch: scheduling delay = allocation - batch time, processing time = last task's end - allocation, total delay = their sum. */
export function pointsOf(batches: readonly BatchFigures[], head: JobHead): readonly Point[] {
  return batches.map((figures, i): Point => {
    const { allocatedMs, dueMs, finishedMs, computedMs } = figures
    const records = figures.records === null ? null : Object.values(figures.records).reduce((sum, n) => sum + n, 0)
    const end = finishedMs === null ? null : (computedMs ?? finishedMs)
    const before = batches[i - 1]
    // As fast as it goes an interval has no length: what counts is how far the batches are apart.
    const wallMs =
      head.wallIntervalMs ?? (finishedMs === null || (before?.finishedMs ?? null) === null ? null : Math.max(1, finishedMs - (before?.finishedMs ?? 0)))
    const difference = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : Math.max(0, a - b))
    return {
      figures,
      records,
      rate: records === null || wallMs === null ? null : (records * 1000) / wallMs,
      scheduling: difference(allocatedMs, dueMs),
      processing: difference(end, allocatedMs),
      total: difference(end, dueMs),
    }
  })
}

export function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value): value is number => value !== null)
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length
}

/** Returns how long it takes until the delay is gone, by its trend over the last batches, ms; null: it does not shrink. */
export function timeToCatchUp(points: readonly Point[]): number | null {
  const last = points.slice(-20).filter(({ total, figures }) => total !== null && figures.finishedMs !== null)
  const [first, end] = [last[0], last.at(-1)]
  if (first === undefined || end === undefined || last.length < 3) return null
  const xs = last.map(({ figures }) => (figures.finishedMs ?? 0) - (first.figures.finishedMs ?? 0))
  const ys = last.map(({ total }) => total ?? 0)
  const [mx, my] = [mean(xs) ?? 0, mean(ys) ?? 0]
  const over = xs.reduce((sum, x, i) => sum + (x - mx) * ((ys[i] ?? 0) - my), 0)
  const under = xs.reduce((sum, x) => sum + (x - mx) ** 2, 0)
  const slope = under === 0 ? 0 : over / under
  return slope < -0.01 ? (end.total ?? 0) / -slope : null
}

export function stateOf(figures: BatchFigures): 'failed' | 'running' | 'skipped' | 'letters' | 'finished' {
  if (figures.failure !== null && figures.finishedMs === null) return 'failed'
  if (figures.finishedMs === null) return 'running'
  if (figures.skipped.length > 0) return 'skipped'
  return figures.deadLetters > 0 ? 'letters' : 'finished'
}
