/** The names of a job's logs and objects. */
export const BATCH_LOG = 'batch'
export const INPUT_LOG = 'inputs'

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

/** Objects that only entries point to. Lifecycle rules may expire spills, never state. */
export const SPILL_PREFIX = '_millrace/spill/'
export const STATE_PREFIX = '_millrace/state/'
export const DEAD_PREFIX = '_millrace/dead/'

/** Where the snapshots of a task log are: `<folder><entry number>-<attempt id>/<i>`. */
export function stateFolder(log: string): string {
  return `${STATE_PREFIX}${log}/`
}

export function partName(partition: number): string {
  return `part-${String(partition).padStart(5, '0')}`
}
