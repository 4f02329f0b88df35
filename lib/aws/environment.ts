import type { Owner } from '../runtime/runtime.ts'
import { MillraceError } from '../values/errors.ts'

/**
 * The variables by which a stack tells its functions where they are. The tools find a job by them, too: of all functions of a region
 * those whose MILLRACE_JOB is its name. Written by the construct, read by the handlers; no SDK here.
 */
export const VARIABLES = {
  /** Name of the job: the `app` of its logs' keys. */
  job: 'MILLRACE_JOB',
  /** 'receive' or 'run'. */
  function: 'MILLRACE_FUNCTION',
  table: 'MILLRACE_TABLE',
  bucket: 'MILLRACE_BUCKET',
  /** JSON: the program's name of each stream -> its ARN. */
  streams: 'MILLRACE_STREAMS',
  ticksQueue: 'MILLRACE_TICKS_QUEUE_URL',
  /** Left out where no stage has several partitions. */
  tasksQueue: 'MILLRACE_TASKS_QUEUE_URL',
  /** Rises with every deploy: synth time, seconds since the epoch. */
  deploy: 'MILLRACE_DEPLOY',
  batchingWindow: 'MILLRACE_BATCHING_WINDOW_SECONDS',
  /** Where every stream is read from LATEST: 0, nothing older is to come. Left out: the engine's own rest before a job begins without a record. */
  beginRest: 'MILLRACE_BEGIN_REST_SECONDS',
  retention: 'MILLRACE_RETENTION_SECONDS',
  /** X, the time-out of the run function. */
  taskTimeout: 'MILLRACE_TASK_TIMEOUT_SECONDS',
  /** Before every output directory: '' or ending in '/'. */
  outputPrefix: 'MILLRACE_OUTPUT_PREFIX',
  /** Id of the stack. */
  owner: 'MILLRACE_OWNER',
  /** 'true': the job may be taken over from another stack. */
  takeOver: 'MILLRACE_TAKE_OVER',
} as const

/** The variable that tells another function where a job's state is, as JSON { table, bucket }: set by grantRead, read by openState. */
export function stateVariable(job: string): string {
  return `MILLRACE_STATE_${job.toUpperCase().replaceAll('-', '_')}`
}

/** What the variables say. */
export interface Environment {
  readonly job: string
  readonly function: 'receive' | 'run'
  readonly table: string
  readonly bucket: string
  /** The program's name of each stream -> its ARN. */
  readonly streams: Readonly<Record<string, string>>
  readonly ticksQueueUrl: string
  readonly tasksQueueUrl: string | undefined
  readonly deploy: number
  readonly batchingWindowMs: number
  readonly retentionMs: number
  /** undefined: as the engine has it. */
  readonly beginRestMs: number | undefined
  readonly taskTimeoutMs: number
  readonly outputPrefix: string
  /** Undefined: deployed by a version that did not say. */
  readonly owner: Owner | undefined
  /** Of the function, as Lambda itself says; undefined elsewhere. */
  readonly memoryMb: number | undefined
}

/** Returns what a function's variables say; an error names the one that is missing or wrong. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const text = (name: string): string => {
    const value = variables[name]
    if (value === undefined || value === '')
      throw new MillraceError('USAGE', `the variable ${name} is not set; the StreamingJob construct sets it: deploy the function with it, or set it by hand`)
    return value
  }
  const whole = (name: string): number => {
    const value = Number(text(name))
    if (!Number.isSafeInteger(value) || value < 0)
      throw new MillraceError('USAGE', `the variable ${name} is '${text(name)}'; it must be a whole number of seconds`)
    return value
  }
  const role = text(VARIABLES.function)
  if (role !== 'receive' && role !== 'run') throw new MillraceError('USAGE', `the variable ${VARIABLES.function} is '${role}'; it must be 'receive' or 'run'`)
  return {
    job: text(VARIABLES.job),
    function: role,
    table: text(VARIABLES.table),
    bucket: text(VARIABLES.bucket),
    streams: JSON.parse(text(VARIABLES.streams)) as Record<string, string>,
    ticksQueueUrl: text(VARIABLES.ticksQueue),
    tasksQueueUrl: variables[VARIABLES.tasksQueue],
    deploy: whole(VARIABLES.deploy),
    batchingWindowMs: whole(VARIABLES.batchingWindow) * 1000,
    retentionMs: whole(VARIABLES.retention) * 1000,
    beginRestMs: variables[VARIABLES.beginRest] === undefined ? undefined : whole(VARIABLES.beginRest) * 1000,
    taskTimeoutMs: whole(VARIABLES.taskTimeout) * 1000,
    outputPrefix: variables[VARIABLES.outputPrefix] ?? '',
    owner: variables[VARIABLES.owner] === undefined ? undefined : { id: text(VARIABLES.owner), takeOver: variables[VARIABLES.takeOver] === 'true' },
    memoryMb: variables['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'] === undefined ? undefined : Number(variables['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']),
  }
}
