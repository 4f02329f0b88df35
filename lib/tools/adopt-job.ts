import { VARIABLES } from '../aws/environment.ts'
import { adopt } from '../runtime/logs/owner.ts'
import type { Ports } from '../runtime/runtime.ts'
import { MillraceError } from '../values/errors.ts'
import type { DeployedJob } from './find-job.ts'

/** Makes the stack of a deployed job the owner of its logs, whoever was before. Returns who that was; null: nobody. */
export async function adoptJob(
  ports: Pick<Ports, 'log'>,
  { environment, runFunction }: DeployedJob,
): Promise<{ readonly before: string | null; readonly owner: string }> {
  if (environment.owner === undefined)
    throw new MillraceError(
      'USAGE',
      `function ${runFunction} has no variable ${VARIABLES.owner}: it was deployed by an earlier version, which asks nobody whose the logs are; deploy it again`,
    )
  return { before: await adopt(ports.log, environment.owner.id), owner: environment.owner.id }
}
