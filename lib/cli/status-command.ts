import { formatJobStatus, formatJobStatusLines } from '../tools/format-job-status.ts'
import { readStatus } from '../tools/read-status.ts'
import { readSources } from '../tools/switch-sources.ts'
import { AWS_HELP, AWS_OPTIONS } from './aws-options.ts'
import type { CommandBody } from './command.ts'
import { onAws, onlyJob, openJob, PACE } from './open-job.ts'
import { parseOptions } from './parse-options.ts'

const HELP = `Shows how a job is: its newest batch and when the next is due, how far its shards are taken in, what its tasks keep, dead letters, a batch that is
stuck and why (exit code 3). It only reads. Times of day are UTC.

  behind                 how long after its arrival the newest record was taken in; idle: none for a minute
  entries not taken      entries of the shard's log that wait for a batch

${AWS_HELP}`

export const statusCommand: CommandBody = {
  help: HELP,
  run: async (args, { stdout }) => {
    const { values, positionals } = parseOptions('status', args, AWS_OPTIONS)
    const name = onlyJob('status', positionals)
    return onAws(values, async (place) => {
      const { job, control, ports } = await openJob('status', name, place)
      const status = await readStatus({ job, ports, sources: await readSources(control, job), nowMs: PACE.now() })
      if (values.json === true) stdout.write(`${JSON.stringify(status, null, 2)}\n`)
      else for (const line of stdout.isTTY === true ? formatJobStatus(status) : formatJobStatusLines(status)) stdout.write(`${line}\n`)
      return status.stuck === null ? 0 : 3
    })
  },
}
