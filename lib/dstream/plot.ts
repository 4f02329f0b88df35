import type { PlotKind } from '../output/plot.ts'
import { describeValue } from '../values/describe-value.ts'
import type { Duration } from '../values/duration.ts'
import { MillraceError } from '../values/errors.ts'
import { positiveMs } from './check-duration.ts'
import type { Node, OutputNode } from './node.ts'

export interface PlotOptions {
  /** bar: the largest 20 of the newest batch. number: its values, large. line: over batches. table: the newest batch's rows. @default 'bar' */
  readonly kind?: PlotKind
  /** The field that labels a bar or a number, or says where a point stands (a number or a Date). @default 'key'; of a line 'time', the batch time */
  readonly x?: string
  /** The field that is drawn, a number. @default 'value' */
  readonly y?: string
  /** Of a line: the field that tells lines apart. @default one line */
  readonly by?: string
  /** Of a line: how far back it goes. @default minutes(30) */
  readonly last?: Duration
}

const KINDS: readonly string[] = ['bar', 'line', 'number', 'table'] satisfies readonly PlotKind[]
const MAX_TITLE = 100
const LAST_MS = 30 * 60_000

/** Returns a node that shows the rows of each batch on the dashboard. */
export function plotNode(parent: Node, title: string, options: PlotOptions = {}): OutputNode {
  if (!import.meta.inReceive) checkPlot(title, options)
  const { kind = 'bar', x = kind === 'line' ? 'time' : 'key', y = 'value', by = null, last } = options
  const lastMs = last?.milliseconds ?? LAST_MS
  return Object.freeze<OutputNode>({
    shape: 'output',
    kind: 'plot',
    uid: undefined,
    parents: [parent],
    slideMs: parent.slideMs,
    params: { title, kind, x, y, by, lastMs },
    distribution: { kind: 'none' },
    output: { kind: 'plot', shape: { title, kind, x, y, by, lastMs } },
  })
}

function checkPlot(title: unknown, options: PlotOptions): void {
  if (typeof title !== 'string' || title.trim() === '' || title.length > MAX_TITLE)
    throw new MillraceError('BAD_PROGRAM', `plot got ${describeValue(title)} as its title; it must be a text of 1 to ${MAX_TITLE} characters, such as 'Words'`)
  const where = `plot '${title}'`
  const { kind = 'bar', last } = options
  if (!KINDS.includes(kind)) throw new MillraceError('BAD_PROGRAM', `${where}: its kind is ${describeValue(kind)}; it is one of ${KINDS.join(', ')}`)
  for (const name of ['x', 'y', 'by'] as const) {
    const field: unknown = options[name]
    if (field !== undefined && (typeof field !== 'string' || field === ''))
      throw new MillraceError('BAD_PROGRAM', `${where}: its ${name} is ${describeValue(field)}; it is the name of a field of the rows, such as 'total'`)
  }
  const unused = (['x', 'y', 'by', 'last'] as const).find(
    (name) => options[name] !== undefined && (kind === 'table' || ((name === 'by' || name === 'last') && kind !== 'line')),
  )
  if (unused !== undefined)
    throw new MillraceError(
      'BAD_PROGRAM',
      `${where}: it has ${unused}, and a plot of kind '${kind}' takes none: ${kind === 'table' ? 'map the rows to the fields that it is to show' : "say kind: 'line', or leave it out"}`,
    )
  if (last !== undefined) positiveMs(last, `${where}: last`)
}
