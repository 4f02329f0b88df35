import { VARIABLES } from '../aws/environment.ts'
import type { LambdaControl } from '../aws/lambda-control.ts'
import { BATCH_LOG } from '../runtime/entries/log-names.ts'
import type { Ports } from '../runtime/runtime.ts'
import { EntryReader } from './entry-reader.ts'
import type { DeployedJob } from './find-job.ts'

export interface RaisedDeploy {
  readonly before: DeployedJob['deploys']
  /** Of the code that is deployed now; the newest there is. */
  readonly deploy: number
}

/**
 * Gives both functions the present time, in seconds, as their deploy number: the code that is deployed becomes the newest deploy, whatever
 * wrote the logs before. No log is touched, and the next `cdk deploy` is higher again. A number that is ahead of the clock is raised by one.
 */
export async function raiseDeploy(
  control: Pick<LambdaControl, 'setVariable'>,
  ports: Pick<Ports, 'log'>,
  job: DeployedJob,
  nowMs: number,
): Promise<RaisedDeploy> {
  const head = await new EntryReader(ports.log).newest('batch', BATCH_LOG)
  const { receive, run } = job.deploys
  const deploy = Math.max(Math.floor(nowMs / 1000), receive + 1, run + 1, (head?.entry.deploy ?? -1) + 1)
  for (const name of [job.runFunction, job.receiveFunction]) await control.setVariable(name, VARIABLES.deploy, String(deploy))
  return { before: job.deploys, deploy }
}
