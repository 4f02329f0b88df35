import { MillraceError } from '../values/errors.ts'
import { AWS_HELP, AWS_OPTIONS } from './aws-options.ts'
import type { CommandBody } from './command.ts'
import { goOnDeployed } from './go-on-deployed.ts'
import { onlyJob } from './open-job.ts'
import { isFile, parseOptions } from './parse-options.ts'

const HELP = `Tries the batch in which an operator failed again, at once and as it is: after what it depends on is back. A new deploy does so by itself.

  JOB                    a job on AWS, by its name
${AWS_HELP}`

export const retryCommand: CommandBody = {
  help: HELP,
  run: async (args, io) => {
    const { values, positionals } = parseOptions('retry', args, AWS_OPTIONS)
    const what = onlyJob('retry', positionals)
    if (isFile(what))
      throw new MillraceError(
        'USAGE',
        `retry is for a job on AWS, and ${what} is a file: start the run again, millrace run ${what}, and it tries the batch again`,
      )
    return goOnDeployed('retry', what, values, io)
  },
}
