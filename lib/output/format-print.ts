import { inspect } from 'node:util'
import { toJson } from '../values/to-json.ts'

const LINE = '-------------------------------------------'

/** Returns what `print` shows of a batch, as Spark lays it out: up to `num` rows, then `...` if there were more, and an empty line. `time`: batch time, epoch ms. Strings stand as they are, everything else as JSON. */
export function formatPrint(rows: readonly unknown[], num: number, time: number): string {
  const shown = rows.slice(0, num).map(show)
  return `${[LINE, `Time: ${time} ms`, LINE, ...shown, ...(rows.length > num ? ['...'] : []), ''].join('\n')}\n`
}

/** For people: what JSON cannot hold is shown as Node does, never refused. */
function show(row: unknown): string {
  if (typeof row === 'string') return row
  try {
    return toJson(row)
  } catch {
    return inspect(row, { breakLength: Infinity, depth: 6 })
  }
}
