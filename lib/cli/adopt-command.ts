import { adoptJob } from '../tools/adopt-job.ts'
import { AWS_HELP, AWS_OPTIONS } from './aws-options.ts'
import type { CommandBody } from './command.ts'
import { onAws, onlyJob, openJob } from './open-job.ts'
import { parseOptions } from './parse-options.ts'

const HELP = `For a job that another stack has left behind: its logs say whose they are, and functions of any other stack stop at them. This makes the
stack that has the job's functions now the owner of its logs. What still runs of the stack before stops with an error.

${AWS_HELP}`

export const adoptCommand: CommandBody = {
  help: HELP,
  run: async (args, { stdout }) => {
    const { values, positionals } = parseOptions('adopt', args, AWS_OPTIONS)
    const name = onlyJob('adopt', positionals)
    return onAws(values, async (place) => {
      const { job, ports } = await openJob('adopt', name, place)
      const { before, owner } = await adoptJob(ports, job)
      if (values.json === true) stdout.write(`${JSON.stringify({ job: name, before, owner })}\n`)
      else if (before === owner) stdout.write(`${name}: its logs are those of ${owner} already\n`)
      else stdout.write(`${name}: its logs are now those of ${owner}; before, ${before === null ? 'nobody had said' : `they were those of ${before}`}\n`)
      return 0
    })
  },
}
