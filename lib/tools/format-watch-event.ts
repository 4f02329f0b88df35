import { formatCount } from '../embedded/views/format-count.ts'
import { formatTable } from '../embedded/views/format-table.ts'
import { formatMoment } from './format-amount.ts'
import type { WatchEvent } from './watch-outputs.ts'

/** Returns an event as lines: rows as a table where a terminal looks, else as they are in the file. */
export function formatWatchEvent(event: WatchEvent, { table, nowMs }: { readonly table: boolean; readonly nowMs: number }): readonly string[] {
  switch (event.event) {
    case 'watching':
      return [event.batch === null ? `${event.job} has no batch yet: waiting for its first records` : `${event.job} from batch ${formatCount(event.batch)} on`]
    case 'stuck': {
      const { task, message, attempts } = event.failure
      return [`${formatMoment(event.timeMs, nowMs)}  batch ${event.batch} is stuck: task ${task} failed (attempt ${attempts}): ${message}`]
    }
    case 'output': {
      const { lines, rows, kind, operator, file, timeMs } = event
      const name = kind === 'file' ? file : kind === 'rows' ? `foreachRDD ${operator}` : `${kind} ${operator}`
      const more = kind === 'print' ? 0 : rows - lines.length
      return [
        `${formatMoment(timeMs, nowMs)}  ${name}  ${formatCount(rows)} ${rows === 1 ? 'row' : 'rows'}`,
        ...(table && kind !== 'print' ? formatTable(lines) : lines),
        ...(more > 0 ? [`   ... ${formatCount(more)} more`] : []),
      ]
    }
  }
}
