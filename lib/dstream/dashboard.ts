import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { OutputNode } from './node.ts'

/** What a program's plots look like together. */
export interface Dashboard {
  readonly title: string
  /** Titles of plots, side by side and below each other. */
  readonly rows: readonly (readonly string[])[]
}

/** Throws unless it is a title and rows of titles. Whether there are such plots is known when the program is built. */
export function checkDashboard(title: unknown, rows: unknown): void {
  if (typeof title !== 'string' || title.trim() === '')
    throw new MillraceError('BAD_PROGRAM', `dashboard got ${describeValue(title)} as its title; it must be a text, such as 'Shop'`)
  const good = Array.isArray(rows) && rows.every((row) => Array.isArray(row) && row.length > 0 && row.every((plot) => typeof plot === 'string'))
  if (!good)
    throw new MillraceError(
      'BAD_PROGRAM',
      `dashboard '${title}' got ${describeValue(rows)} as its rows; they are lists of plots' titles, such as [['Revenue', 'Alarms'], ['Words']]`,
    )
}

/** Throws unless every plot of the dashboard exists and stands on it once. */
export function checkPlots({ title, rows }: Dashboard, outputs: readonly OutputNode[]): void {
  const plots = outputs.flatMap(({ output }) => (output.kind === 'plot' ? [output.shape.title] : []))
  const seen = new Set<string>()
  for (const plot of rows.flat()) {
    if (!plots.includes(plot))
      throw new MillraceError(
        'BAD_PROGRAM',
        `dashboard '${title}': there is no plot '${plot}'; there are ${plots.map((name) => `'${name}'`).join(', ') || 'none'}: end a stream with plot('${plot}')`,
      )
    if (seen.has(plot)) throw new MillraceError('BAD_PROGRAM', `dashboard '${title}': the plot '${plot}' stands on it twice; leave one out`)
    seen.add(plot)
  }
}
