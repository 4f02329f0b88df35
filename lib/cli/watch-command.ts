import { formatWatchEvent } from '../tools/format-watch-event.ts'
import { watchOutputs } from '../tools/watch-outputs.ts'
import { AWS_HELP, AWS_OPTIONS } from './aws-options.ts'
import type { CommandBody } from './command.ts'
import { onAws, onlyJob, openJob, PACE } from './open-job.ts'
import { durationMs, parseOptions, wholeNumber } from './parse-options.ts'

const OPTIONS = { ...AWS_OPTIONS, rows: { type: 'string' }, last: { type: 'string' }, for: { type: 'string' } } as const

/** Rows of an output that a terminal shows unless told otherwise. */
const TERMINAL_ROWS = 10

const HELP = `Shows the outputs of a job as its batches commit them: files, what print writes, rows for foreachRDD. It only reads, and goes on until it is
stopped (Ctrl-C). Empty outputs are left out. Times of day are UTC.

  --rows N               rows of an output that are shown (${TERMINAL_ROWS} in a terminal, else all)
  --last N               begin with the last N batches (1)
  --for DURATION         end after this time: 30s, 10m
${AWS_HELP}

With --json each event is one line.`

export const watchCommand: CommandBody = {
  help: HELP,
  run: async (args, { stdout }) => {
    const { values, positionals } = parseOptions('watch', args, OPTIONS)
    const name = onlyJob('watch', positionals)
    const table = stdout.isTTY === true
    const maxLines = wholeNumber('--rows', values.rows, 0) ?? (table ? TERMINAL_ROWS : Infinity)
    const last = wholeNumber('--last', values.last, 0, 1000) ?? 1
    const forMs = durationMs('--for', values.for) ?? Infinity
    return onAws(values, async (place) => {
      const { job, ports } = await openJob('watch', name, place)
      const { outputPrefix } = job.environment
      const untilMs = PACE.now() + forMs
      for await (const event of watchOutputs({ job: name, outputPrefix, ports, pace: PACE, last, maxLines, untilMs })) {
        if (values.json === true) stdout.write(`${JSON.stringify(event)}\n`)
        else for (const line of formatWatchEvent(event, { table, nowMs: PACE.now() })) stdout.write(`${line}\n`)
      }
      return 0
    })
  },
}
