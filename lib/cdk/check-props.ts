import { RemovalPolicy } from 'aws-cdk-lib'
import { MillraceError } from '../values/errors.ts'
import type { Plan } from '../plan/plan.ts'
import { MAX_CONCURRENCY, MIN_RETENTION_DAYS } from './limits.ts'
import type { StreamingJobProps } from './streaming-job-props.ts'

const DAY_SECONDS = 86_400
/** Lambda's own; setting them is refused at deploy. */
const RESERVED = /^(MILLRACE_|AWS_|LAMBDA_|_)/

/** Throws where props contradict the program, Lambda or each other; streams are checked by resolveStreams. */
export function checkProps(plan: Plan, props: StreamingJobProps): void {
  const wrong = (text: string): MillraceError => new MillraceError('USAGE', `StreamingJob: job '${plan.name}': ${text}`)
  checkWindow(plan, props, wrong)

  if (props.retention !== undefined && props.retention.toSeconds() < MIN_RETENTION_DAYS * DAY_SECONDS) {
    throw wrong(
      `retention is ${props.retention.toHumanString()}; it must exceed the streams' retention, which is a day or more: at least ${MIN_RETENTION_DAYS} days`,
    )
  }
  const severalPartitions = plan.stages.some(({ partitions }) => partitions > 1)
  const tasks = props.maxConcurrentTasks
  if (tasks !== undefined && !severalPartitions)
    throw wrong(
      `maxConcurrentTasks is ${tasks}, but every stage has one partition, so there is never more than one task; leave it out, or give the program more partitions (numPartitions)`,
    )
  if (tasks !== undefined && (!Number.isInteger(tasks) || tasks < 2 || tasks > MAX_CONCURRENCY))
    throw wrong(`maxConcurrentTasks is ${tasks}; Lambda takes whole numbers from 2 to ${MAX_CONCURRENCY}`)

  const prefix = props.outputPrefix
  if (prefix !== undefined && (prefix.startsWith('/') || prefix.startsWith('_millrace') || prefix.split('/').some((name) => name === '.' || name === '..'))) {
    throw wrong(
      `outputPrefix is '${prefix}'; it must be a path of names such as 'prod/', without a leading '/' and '..', and not under _millrace, which is the engine's`,
    )
  }
  const reserved = Object.keys(props.environment ?? {}).find((name) => RESERVED.test(name))
  if (reserved !== undefined) throw wrong(`environment has '${reserved}'; names that begin with MILLRACE_, AWS_, LAMBDA_ or '_' are taken: choose another name`)
  if (props.memorySize !== undefined && (!Number.isInteger(props.memorySize) || props.memorySize < 128 || props.memorySize > 10_240))
    throw wrong(`memorySize is ${props.memorySize}; Lambda takes 128 to 10240 MB`)
  const errors = props.alarms?.runErrors
  if (errors !== undefined && !(Number.isInteger(errors.of) && Number.isInteger(errors.points) && errors.points >= 1 && errors.points <= errors.of))
    throw wrong(`alarms.runErrors is ${errors.points} of ${errors.of}; it must be whole numbers of minutes, such as { points: 3, of: 10 }`)
  if (props.removalPolicy === RemovalPolicy.SNAPSHOT)
    throw wrong('removalPolicy is SNAPSHOT, which tables, buckets and streams do not have; use RETAIN or DESTROY (point-in-time recovery is on)')
  if (props.deployNumber !== undefined && (!Number.isSafeInteger(props.deployNumber) || props.deployNumber < 0))
    throw wrong(`deployNumber is ${props.deployNumber}; it must be a whole number that rises from deploy to deploy`)
}

function checkWindow(plan: Plan, { batchingWindow }: StreamingJobProps, wrong: (text: string) => MillraceError): void {
  if (batchingWindow === undefined) return
  const ms = batchingWindow.toMilliseconds()
  if (ms % 1000 !== 0 || ms < 1000)
    throw wrong(`batchingWindow is ${ms / 1000} s; Lambda gathers whole seconds, at least 1 (0 would mean an invocation for every poll)`)
  if (ms > 300_000) throw wrong(`batchingWindow is ${ms / 1000} s; Lambda gathers for 300 s at most`)
  if (ms > plan.intervalMs)
    throw wrong(
      `batchingWindow is ${ms / 1000} s and the batch interval ${plan.intervalMs / 1000} s: records would reach Lambda after their batch; gather for the interval or less`,
    )
}
