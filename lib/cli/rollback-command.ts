import { raiseDeploy } from '../tools/raise-deploy.ts'
import { AWS_HELP, AWS_OPTIONS } from './aws-options.ts'
import type { CommandBody } from './command.ts'
import { onAws, onlyJob, openJob, PACE } from './open-job.ts'
import { parseOptions } from './parse-options.ts'

const HELP = `For a job whose stack CloudFormation has rolled back. Every deploy has a number, and code that meets a higher one in the logs stops: so does
the restored code. This gives both functions the present time as their number, which makes the code that is deployed now the newest
deploy. No log is touched, and the next cdk deploy is higher again.

${AWS_HELP}`

export const rollbackCommand: CommandBody = {
  help: HELP,
  run: async (args, { stdout }) => {
    const { values, positionals } = parseOptions('rollback', args, AWS_OPTIONS)
    const name = onlyJob('rollback', positionals)
    return onAws(values, async (place) => {
      const { job, control, ports } = await openJob('rollback', name, place)
      const { before, deploy } = await raiseDeploy(control, ports, job, PACE.now())
      const old = before.receive === before.run ? `${before.run}` : `${before.receive} (receive) and ${before.run} (run)`
      if (values.json === true) stdout.write(`${JSON.stringify({ job: name, before, deploy })}\n`)
      else stdout.write(`${name}: the code that is deployed now is deploy ${deploy}, the newest; its number was ${old}\n`)
      return 0
    })
  },
}
