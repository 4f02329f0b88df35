import type { LambdaControl } from '../aws/lambda-control.ts'
import { MillraceError } from '../values/errors.ts'
import type { Ports } from '../runtime/runtime.ts'
import { explainAwsError } from '../tools/explain-aws-error.ts'
import { findJob, type DeployedJob } from '../tools/find-job.ts'
import type { Pace } from '../tools/pace.ts'
import { useAws, type AwsValues, type Place } from './aws-options.ts'
import { loadClients } from './load-clients.ts'

/** A job on AWS that a command works on. */
export interface OpenJob {
  readonly job: DeployedJob
  readonly control: LambdaControl
  readonly ports: Ports
}

/** Time as it is. */
export const PACE: Pace = { now: () => Date.now(), sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) }

/** Runs what a command does on AWS; an error says what it means to whoever called it. */
export async function onAws<T>(values: AwsValues, work: (place: Place) => Promise<T>): Promise<T> {
  const place = useAws(values, process.env)
  try {
    return await work(place)
  } catch (error) {
    throw explainAwsError(error, place)
  }
}

/** Finds a job by its name and opens its stores. */
export async function openJob(command: string, name: string, place: Place): Promise<OpenJob> {
  const [{ openPorts }, { LambdaControl: Control }] = await loadClients(command, [() => import('../aws/open-ports.ts'), loadControl])
  const found = await findIn(new Control(), name, place)
  return { ...found, ports: openPorts(found.job.environment) }
}

/** Finds a job by its name. */
export async function lookUp(command: string, name: string, place: Place): Promise<Pick<OpenJob, 'job' | 'control'>> {
  const [{ LambdaControl: Control }] = await loadClients(command, [loadControl])
  return findIn(new Control(), name, place)
}

const loadControl = (): Promise<{ readonly LambdaControl: typeof LambdaControl }> => import('../aws/lambda-control.ts')

async function findIn(control: LambdaControl, name: string, place: Place): Promise<Pick<OpenJob, 'job' | 'control'>> {
  const region = await control.region()
  return { control, job: findJob(await control.jobFunctions(), name, place.endpoint === undefined ? region : `LocalStack (${place.endpoint}, ${region})`) }
}

/** Returns the job's name of a command that takes exactly one. */
export function onlyJob(command: string, positionals: readonly string[]): string {
  const [name, extra] = positionals
  if (name === undefined) throw new MillraceError('USAGE', `${command} needs the name of a job, e.g. millrace ${command} word-count`)
  if (extra !== undefined) throw new MillraceError('USAGE', `${command} takes one job, and got '${name}' and '${extra}'`)
  return name
}
