import { readEnvironment, VARIABLES, type Environment } from '../aws/environment.ts'
import type { JobFunction } from '../aws/lambda-control.ts'
import { MillraceError } from '../values/errors.ts'

/** A job as it is deployed. */
export interface DeployedJob {
  /** What the variables of the run function say. */
  readonly environment: Environment
  readonly receiveFunction: string
  readonly runFunction: string
  /** Deploy numbers: both the same, unless a deploy is under way or was rolled back half. */
  readonly deploys: { readonly receive: number; readonly run: number }
}

/** Returns the job of that name among the functions of a region; an error lists the jobs that there are. `where` is for messages, e.g. a region. */
export function findJob(functions: readonly JobFunction[], name: string, where: string): DeployedJob {
  const own = functions.filter(({ variables }) => variables[VARIABLES.job] === name)
  if (own.length === 0) {
    const names = [...new Set(functions.map(({ variables }) => variables[VARIABLES.job] ?? ''))].sort()
    throw new MillraceError(
      'USAGE',
      `there is no job '${name}' in ${where}; ${names.length === 0 ? 'there is none at all: deploy one with cdk deploy, or name another region or profile' : `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`}`,
    )
  }
  const only = (kind: 'receive' | 'run'): JobFunction => {
    const [first, second] = own.filter(({ variables }) => variables[VARIABLES.function] === kind)
    if (first === undefined)
      throw new MillraceError(
        'USAGE',
        `job '${name}' in ${where} has no ${kind} function: its stack is being made or deleted, or was left half; deploy it again`,
      )
    if (second !== undefined)
      throw new MillraceError(
        'USAGE',
        `job '${name}' is deployed twice in ${where}: ${first.name} and ${second.name} are both its ${kind} function, so nobody can say which is meant; give one of the two jobs another name, or destroy its stack`,
      )
    return first
  }
  const [receive, run] = [only('receive'), only('run')]
  const environment = readEnvironment(run.variables)
  return {
    environment,
    receiveFunction: receive.name,
    runFunction: run.name,
    deploys: { receive: readEnvironment(receive.variables).deploy, run: environment.deploy },
  }
}
