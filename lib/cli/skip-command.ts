import { parseStart } from '../embedded/inputs/parse-date.ts'
import { MillraceError } from '../values/errors.ts'
import { AWS_HELP, AWS_OPTIONS } from './aws-options.ts'
import type { CommandBody } from './command.ts'
import { goOnDeployed } from './go-on-deployed.ts'
import { isFile, parseOptions } from './parse-options.ts'
import { skipEmbedded } from './skip-embedded.ts'

const OPTIONS = { ...AWS_OPTIONS, state: { type: 'string' }, until: { type: 'string' } } as const

const HELP = `Goes on with a job that an operator stopped by failing, without that operator in that batch: a foreachRDD is not called; a transform, or a key
that cannot be reduced, yields nothing and its rows go to the dead letters. The batch's _SUCCESS says so.

  JOB                    a job on AWS, by its name
  FILE.ts                a run of millrace run, by the file that exports its job
  --state DIR            with FILE.ts: where the state is kept (./.millrace)
  --until TIME           in all batches before TIME too (a date, or epoch ms): a window that holds what made it fail has it for several slides
${AWS_HELP}`

export const skipCommand: CommandBody = {
  help: HELP,
  run: async (args, io) => {
    const { values, positionals } = parseOptions('skip', args, OPTIONS)
    const [what, extra] = positionals
    if (what === undefined) throw new MillraceError('USAGE', 'skip needs the name of a job on AWS, or the file of a job that millrace run has run')
    if (extra !== undefined) throw new MillraceError('USAGE', `skip takes one job, and got '${what}' and '${extra}'`)
    const untilMs = values.until === undefined ? undefined : parseStart(values.until, '--until')
    if (isFile(what)) {
      const wrong = (['local', 'profile', 'region', 'json'] as const).find((option) => values[option] !== undefined)
      if (wrong !== undefined) throw new MillraceError('USAGE', `--${wrong} is for jobs on AWS, and ${what} is a file; a job on AWS is given by its name`)
      return skipEmbedded(what, { state: values.state, untilMs }, io)
    }
    if (values.state !== undefined)
      throw new MillraceError('USAGE', `--state is for runs of millrace run, and ${what} is the name of a job on AWS; a run is given by its job's file`)
    return goOnDeployed('skip', what, values, io, untilMs)
  },
}
