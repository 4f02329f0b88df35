import { encodeRows } from '../codec/rows.ts'
import type { OutputNode, Rows } from '../dstream/node.ts'
import type { OutputDraft } from '../plan/compute.ts'
import { formatFiles } from './format-files.ts'
import { formatPrint } from './format-print.ts'
import { encodePlot, plotOf } from './plot.ts'
import { writeRows } from './write-rows.ts'

export type Formatted = Pick<OutputDraft, 'kind' | 'directory' | 'file' | 'rows' | 'data'>

export interface FormatRequest {
  /** Batch time, epoch ms. */
  readonly time: number
  readonly partition: number
  /** What a plot may take. */
  readonly plotBytes: number
  /** Takes a row that cannot be written: it is left out. */
  readonly refuse: (row: unknown, error: unknown) => void
}

/** Returns the bytes that an output puts out for its rows. Throws where all of them together cannot be written. */
export function formatOutput(output: OutputNode['output'], rows: Rows, request: FormatRequest): readonly Formatted[] {
  if (output.kind === 'print') return [{ kind: 'print', directory: '', rows: rows.length, data: Buffer.from(formatPrint(rows, output.num, request.time)) }]
  if (output.kind === 'plot') {
    const plot = plotOf(output.shape, rows, { time: request.time, bytes: request.plotBytes })
    return [{ kind: 'plot', directory: '', rows: plot.rows.length, data: encodePlot(plot) }]
  }
  if (output.kind === 'files') return formatFiles(output, rows, request)
  const sink = output.kind === 'sink' ? output.sink : undefined
  const prepare = (row: unknown): unknown => {
    sink?.check?.(row)
    return row
  }
  return [{ kind: 'rows', directory: '', ...writeRows({ prepare, write: encodeRows }, rows, request.refuse) }]
}
