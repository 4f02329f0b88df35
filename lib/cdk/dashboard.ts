import { Duration, aws_cloudwatch as cloudwatch, type aws_lambda as lambda } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { BATCH_METRICS, METRIC_DIMENSION, METRIC_NAMESPACE, METRICS } from '../aws/metrics.ts'
import type { JobQueue } from './queues.ts'

export interface DashboardOptions {
  readonly job: string
  readonly receive: lambda.Function
  readonly run: lambda.Function
  readonly ticks: JobQueue
  readonly tasks: JobQueue | undefined
  readonly table: { readonly tableName: string }
  readonly alarms: readonly cloudwatch.Alarm[]
}

const WIDTH = 12
const minute = Duration.minutes(1)

/** Returns a dashboard of a job in CloudWatch: alarms, inputs, batches, functions, table and queues, dead letters, in that order. */
export function makeDashboard(scope: Construct, options: DashboardOptions): cloudwatch.Dashboard {
  const { job, receive, run, ticks, tasks, table, alarms } = options
  const own = (metricName: string, statistic: string): cloudwatch.Metric =>
    new cloudwatch.Metric({ namespace: METRIC_NAMESPACE, dimensionsMap: { [METRIC_DIMENSION]: job }, metricName, statistic, period: minute })
  const graph = (title: string, left: readonly cloudwatch.IMetric[], label: string): cloudwatch.GraphWidget =>
    new cloudwatch.GraphWidget({ title, left: [...left], width: WIDTH, leftYAxis: { label, showUnits: false, min: 0 } })
  const both = (metric: (handler: lambda.Function) => cloudwatch.Metric): readonly cloudwatch.Metric[] => [receive, run].map(metric)
  const named = (label: string, handler: lambda.Function): string => `${handler === receive ? 'receive' : 'run'} ${label}`
  const queues = [ticks, ...(tasks === undefined ? [] : [tasks])]
  const capacity = (metricName: string): cloudwatch.Metric =>
    new cloudwatch.Metric({ namespace: 'AWS/DynamoDB', dimensionsMap: { TableName: table.tableName }, metricName, statistic: 'Sum', period: minute })
  return new cloudwatch.Dashboard(scope, 'Dashboard', {
    defaultInterval: Duration.hours(3),
    widgets: [
      [new cloudwatch.AlarmStatusWidget({ title: `Alarms of ${job}`, alarms: [...alarms], width: 2 * WIDTH })],
      [
        graph('Records taken in', [own(METRICS.records, 'Sum'), own(METRICS.duplicates, 'Sum')], 'records per minute'),
        graph('Age of the oldest record not taken in', [receive.metric('IteratorAge', { period: minute, statistic: 'Maximum' })], 'ms'),
      ],
      [
        graph(
          'Batches: delays',
          [
            own(BATCH_METRICS.schedulingDelay, 'Maximum'),
            own(BATCH_METRICS.processingTime, 'p50'),
            own(BATCH_METRICS.processingTime, 'p99'),
            own(METRICS.batchDelay, 'Maximum'),
          ],
          'ms',
        ),
        graph('Batches: records and rows', [own(BATCH_METRICS.batchRecords, 'Sum'), own(BATCH_METRICS.outputRows, 'Sum')], 'per minute'),
      ],
      [
        graph('Age of the batch that is not finished', [own(METRICS.unfinishedBatchAge, 'Maximum')], 's'),
        graph('Dead letters, failed tasks', [own(METRICS.deadLetters, 'Sum'), own(METRICS.taskFailures, 'Sum')], 'per minute'),
      ],
      [
        graph(
          'Functions: errors and throttles',
          [
            ...both((handler) => handler.metricErrors({ period: minute, label: named('errors', handler) })),
            ...both((handler) => handler.metricThrottles({ period: minute, label: named('throttles', handler) })),
          ],
          'per minute',
        ),
        graph(
          'Functions: duration',
          both((handler) => handler.metricDuration({ period: minute, statistic: 'p99', label: named('p99', handler) })),
          'ms',
        ),
      ],
      [
        graph('Table: capacity units', [capacity('ConsumedReadCapacityUnits'), capacity('ConsumedWriteCapacityUnits')], 'per minute'),
        graph(
          'Queues: oldest message, messages of dead processes',
          queues.flatMap(({ queue, deadLetters }) => [
            queue.metricApproximateAgeOfOldestMessage({ period: minute, statistic: 'Maximum' }),
            deadLetters.metricApproximateNumberOfMessagesVisible({ period: minute, statistic: 'Maximum' }),
          ]),
          's, messages',
        ),
      ],
    ],
  })
}
