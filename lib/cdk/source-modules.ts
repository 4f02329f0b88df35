import { planJob } from '../plan/plan-job.ts'
import type { Job } from '../program/job.ts'
import { MillraceError } from '../values/errors.ts'

/** A kind of source as the functions' entry imports it. */
export interface SourceModule {
  readonly name: string
  /** Beside lib/cdk, without its ending. */
  readonly file: string
}

const MODULES: Readonly<Record<string, SourceModule>> = {
  kinesisStream: { name: 'kinesis', file: '../sources/kinesis/source' },
  receiverStream: { name: 'polls', file: '../lambda/poll-events' },
}

/** Whether streams of a kind can be read on AWS. */
export function runsOnAws(kind: string): boolean {
  return kind in MODULES
}

/** Returns the sources of a program, each once. Throws USAGE for streams that have none on AWS. */
export function sourceModules(job: Job): readonly SourceModule[] {
  // Queues and folders are refused elsewhere: checkProgram says why.
  const inputs = planJob(job).inputs.filter(({ queue, files }) => queue === undefined && files === undefined)
  const kinds = new Set(inputs.map(({ kind }) => kind))
  return [...kinds].map((kind) => {
    const module = MODULES[kind]
    if (module === undefined)
      throw new MillraceError('USAGE', `StreamingJob: a ${kind} of job '${job.name}' has no source on AWS; it has ${Object.keys(MODULES).join(', ')}`)
    return module
  })
}
