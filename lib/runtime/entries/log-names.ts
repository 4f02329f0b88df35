import type { Output } from './entry.ts'

/** The names of a job's logs and objects. */
export const BATCH_LOG = 'batch'
export const INPUT_LOG = 'inputs'
/** What each batch shows on the dashboard; of jobs that plot. */
export const PLOTS_LOG = 'plots'
/** Whose the job's logs are: see logs/owner.ts. */
export const OWNER_LOG = 'owner'
/** One entry, of a job whose operators run from the beginning: when a tick first found nothing to begin with. An input entry without a name. */
export const BEGIN_LOG = 'begin'

export function receiverLog(stream: string, shard: string): string {
  return `rec/${stream}/${shard}`
}

export function taskLog(stage: string, partition: number): string {
  return `task/${taskName(stage, partition)}`
}

/** How a task is called in progress. */
export function taskName(stage: string, partition: number): string {
  return `${stage}/${partition}`
}

/** Objects that only entries point to, by kind, so that lifecycle rules and rights can tell them apart: rules may expire spills, never state. Several jobs may share a bucket. */
export const SPILL_PREFIX = '_millrace/spill/'
export const STATE_PREFIX = '_millrace/state/'
export const DEAD_PREFIX = '_millrace/dead/'

/** Where a job has its objects of one kind; nobody lists or deletes but below its own. Behind `jobs/` no name of a job is taken for a log's, which begin with `rec/` or `task/`. */
export function ownPrefix(kind: string, job: string): string {
  return `${kind}jobs/${job}/`
}

/** The name of an object of an entry that is not put yet: of this attempt alone. */
export function objectName(kind: string, job: string, key: { readonly log: string; readonly n: number }, id: string): string {
  return `${ownPrefix(kind, job)}${key.log}/${key.n}-${id}`
}

/** Where they were before jobs had prefixes of their own. What entries name there is read; nobody lists it, for it may be another job's. */
export function sharedStateFolder(log: string): string {
  return `${STATE_PREFIX}${log}/`
}

/** Where the snapshots of a task log are: `<folder><entry number>-<attempt id>/<i>`. */
export function stateFolder(job: string, log: string): string {
  return `${ownPrefix(STATE_PREFIX, job)}${log}/`
}

/** Returns the name of the object that an output of a task becomes; '' for what is none. */
export function fileName({ kind, directory, file }: Pick<Output, 'kind' | 'directory' | 'file'>, partition: number): string {
  if (kind !== 'file' || file === '') return ''
  return `${directory}/${file ?? partName(partition)}`
}

export function partName(partition: number): string {
  return `part-${String(partition).padStart(5, '0')}`
}
