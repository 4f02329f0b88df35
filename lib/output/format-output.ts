import { encodeRows } from '../codec/rows.ts'
import type { OutputNode, Rows } from '../dstream/node.ts'
import type { OutputDraft } from '../plan/compute.ts'
import { formatJsonLines } from './format-json-lines.ts'
import { formatObjects } from './format-objects.ts'
import { formatPrint } from './format-print.ts'
import { formatText } from './format-text.ts'
import { outputDirectory } from './output-directory.ts'

type Formatted = Pick<OutputDraft, 'kind' | 'directory' | 'rows' | 'data'>

/** Returns the bytes that an output puts out for its rows. A row that cannot be written goes to `refuse` and is left out. */
export function formatOutput(output: OutputNode['output'], rows: Rows, time: number, refuse: (row: unknown, error: unknown) => void): Formatted {
  const { kind } = output
  if (kind === 'print') return { kind: 'print', directory: '', rows: rows.length, data: Buffer.from(formatPrint(rows, output.num, time)) }
  if (kind === 'foreach') return { kind: 'rows', directory: '', ...formatEach(rows, encodeRows, refuse) }
  const format = kind === 'text' ? formatText : kind === 'json' ? formatJsonLines : formatObjects
  return { kind: 'file', directory: outputDirectory(output.prefix, time, output.suffix), ...formatEach(rows, format, refuse) }
}

const NOTHING = new Uint8Array(0)

function formatEach(
  rows: Rows,
  format: (rows: Rows) => Uint8Array,
  refuse: (row: unknown, error: unknown) => void,
): { readonly rows: number; readonly data: Uint8Array } {
  if (rows.length === 0) return { rows: 0, data: NOTHING }
  try {
    return { rows: rows.length, data: format(rows) }
  } catch {
    const good = rows.filter((row) => {
      try {
        format([row])
        return true
      } catch (error) {
        refuse(row, error)
        return false
      }
    })
    return { rows: good.length, data: good.length > 0 ? format(good) : NOTHING }
  }
}
