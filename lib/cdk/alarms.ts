import { Duration, aws_cloudwatch as cloudwatch, aws_cloudwatch_actions as actions, type aws_lambda as lambda, type aws_sns as sns } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import { METRIC_DIMENSION, METRIC_NAMESPACE, METRICS } from '../aws/metrics.ts'
import { RUN_TIMEOUT_SECONDS } from './limits.ts'
import type { JobQueue } from './queues.ts'
import type { StreamingJobProps } from './streaming-job-props.ts'

export interface AlarmOptions {
  readonly job: string
  readonly receive: lambda.Function
  readonly run: lambda.Function
  /** By what they read. */
  readonly mappings: Readonly<Record<string, lambda.CfnEventSourceMapping>>
  readonly ticks: JobQueue
  readonly tasks: JobQueue | undefined
  readonly topic: sns.ITopic | undefined
  readonly intervalMs: number
  readonly props: StreamingJobProps['alarms']
}

/** A day is what a stream keeps unless told otherwise; a quarter of an hour behind is not yet a loss. */
const ITERATOR_AGE_MS = 15 * 60_000
/** A batch that has not been finished after so long needs somebody; in intervals, and at least in seconds. */
const STUCK_INTERVALS = 5
const MIN_STUCK_SECONDS = 5 * 60
/** What fails is tried again when it has rested for the time-out of the run function, 3 min: four times in so many minutes. */
const RUN_ERRORS = { of: Math.ceil((3 * RUN_TIMEOUT_SECONDS) / 60) + 1, points: 3 }
/** Ticks may be delayed for 15 minutes. */
const QUEUE_AGE_SECONDS = 30 * 60

const minute = Duration.minutes(1)

/** Returns the alarms of a job. Each says in its description what it means and what to do first. */
export function makeAlarms(scope: Construct, options: AlarmOptions): readonly cloudwatch.Alarm[] {
  const { job, receive, run, ticks, tasks } = options
  const parent = new Construct(scope, 'Alarms')
  const own = (metricName: string, statistic: string): cloudwatch.Metric =>
    new cloudwatch.Metric({ namespace: METRIC_NAMESPACE, dimensionsMap: { [METRIC_DIMENSION]: job }, metricName, statistic, period: minute })
  const alarm = (
    id: string,
    metric: cloudwatch.IMetric,
    threshold: number,
    description: string,
    { of = 1, points = 1 }: { readonly of?: number; readonly points?: number } = {},
  ): cloudwatch.Alarm => {
    const made = new cloudwatch.Alarm(parent, id, {
      metric,
      threshold,
      alarmDescription: `Millrace job ${job}: ${description}`,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: of,
      datapointsToAlarm: points,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING, // silence is normal: nothing runs when nothing arrives
    })
    if (options.topic !== undefined) made.addAlarmAction(new actions.SnsAction(options.topic))
    return made
  }
  const lasting = { of: 5, points: 3 }
  const queueAlarms = (id: 'Ticks' | 'Tasks', { queue, deadLetters }: JobQueue): readonly cloudwatch.Alarm[] => [
    alarm(
      `${id}Age`,
      queue.metricApproximateAgeOfOldestMessage({ period: minute, statistic: 'Maximum' }),
      QUEUE_AGE_SECONDS,
      `messages wait in queue ${id.toLowerCase()}: is the event source mapping of the run function disabled (millrace resume ${job}), or the function throttled?`,
    ),
    alarm(
      `${id}DeadLetters`,
      deadLetters.metricApproximateNumberOfMessagesVisible({ period: minute, statistic: 'Maximum' }),
      1,
      `processes of the run function died of a message in ${id.toLowerCase()}: out of memory or time? See its log. No data is lost; the batch is run again.`,
    ),
  ]
  return [
    // Kinesis alone has it.
    ...(Object.keys(options.mappings).length === 0
      ? []
      : [
          alarm(
            'IteratorAge',
            receive.metric('IteratorAge', { period: minute, statistic: 'Maximum' }),
            ITERATOR_AGE_MS,
            'records wait in the stream: receive is too slow, throttled or failing; more shards, or see its log.',
            lasting,
          ),
        ]),
    alarm(
      'ReceiveErrors',
      receive.metricErrors({ period: minute, statistic: 'Sum' }),
      1,
      'receive keeps failing, and its shard, or receiver, waits: see its log.',
      lasting,
    ),
    alarm('RunErrors', run.metricErrors({ period: minute, statistic: 'Sum' }), 1, 'run keeps failing: see its log.', options.props?.runErrors ?? RUN_ERRORS),
    alarm(
      'ReceiveThrottles',
      receive.metricThrottles({ period: minute, statistic: 'Sum' }),
      1,
      'receive is throttled: the account has too few concurrent executions.',
      lasting,
    ),
    alarm(
      'RunThrottles',
      run.metricThrottles({ period: minute, statistic: 'Sum' }),
      1,
      'run is throttled: the account has too few concurrent executions.',
      lasting,
    ),
    alarm('DeadLetters', own(METRICS.deadLetters, 'Sum'), 1, `records could not be processed and were set aside: millrace dead ${job}.`),
    alarm(
      'StuckBatch',
      own(METRICS.unfinishedBatchAge, 'Maximum'),
      options.props?.stuckBatchAfter?.toSeconds() ?? Math.max((STUCK_INTERVALS * options.intervalMs) / 1000, MIN_STUCK_SECONDS),
      `a batch does not get finished, and the stream waits behind it: millrace status ${job} says why; mend the program, or millrace skip ${job}.`,
    ),
    ...Object.entries(options.mappings).map(([name, mapping]) =>
      alarm(
        `GivenUp-${name}`,
        givenUp(mapping),
        1,
        `Lambda gave up on records of '${name}' (too large for an invocation, or expired): they are in the bucket under aws/lambda/.`,
      ),
    ),
    ...queueAlarms('Ticks', ticks),
    ...(tasks === undefined ? [] : queueAlarms('Tasks', tasks)),
  ]
}

/** Records that an event source mapping put to its on-failure destination, or dropped because it could not. */
function givenUp(mapping: lambda.CfnEventSourceMapping): cloudwatch.MathExpression {
  const metric = (metricName: string): cloudwatch.Metric =>
    new cloudwatch.Metric({ namespace: 'AWS/Lambda', metricName, dimensionsMap: { EventSourceMappingUUID: mapping.attrId }, statistic: 'Sum', period: minute })
  return new cloudwatch.MathExpression({
    expression: 'FILL(delivered, 0) + FILL(dropped, 0)',
    usingMetrics: { delivered: metric('OnFailureDestinationDeliveredEventCount'), dropped: metric('DroppedEventCount') },
    period: minute,
  })
}
