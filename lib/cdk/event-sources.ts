import { Stack, aws_lambda as lambda, type aws_s3 as s3, type aws_sqs as sqs } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { KINESIS_BATCH_SIZE, TICKS_BATCH_SIZE, TICKS_CONCURRENCY, TICKS_WINDOW_SECONDS } from './limits.ts'
import type { JobStream } from './resolve-streams.ts'

const PARTIAL = ['ReportBatchItemFailures']

/**
 * Returns the event source mapping of a stream. Everything is written out, and nothing can be changed from outside: one invocation per shard
 * at a time, no filter and no tumbling window (they would hide records), no bisecting (the function says itself how far it came), and
 * retries for as long as the record lives. What Lambda gives up on even so goes to the bucket, with its payload.
 */
export function mapStream(
  scope: Construct,
  { name, stream, startingPosition, startingPositionTimestamp }: JobStream,
  target: lambda.IFunction,
  options: { readonly windowSeconds: number; readonly onFailure: s3.IBucket },
): lambda.CfnEventSourceMapping {
  const mapping = new lambda.CfnEventSourceMapping(scope, name, {
    functionName: target.functionName,
    eventSourceArn: stream.streamArn,
    startingPosition,
    ...(startingPositionTimestamp === undefined ? {} : { startingPositionTimestamp }),
    batchSize: KINESIS_BATCH_SIZE,
    maximumBatchingWindowInSeconds: options.windowSeconds,
    parallelizationFactor: 1,
    bisectBatchOnFunctionError: false,
    maximumRetryAttempts: -1,
    maximumRecordAgeInSeconds: -1,
    functionResponseTypes: PARTIAL,
    destinationConfig: { onFailure: { destination: options.onFailure.bucketArn } },
    metricsConfig: { metrics: ['EventCount'] },
  })
  mapping.node.addValidation({ validate: () => checkFactor(mapping, name) })
  return mapping
}

/** Whoever reaches the mapping can still override it: with two processes at one shard records would be lost without a word. */
function checkFactor(mapping: lambda.CfnEventSourceMapping, name: string): string[] {
  const template = Stack.of(mapping).resolve((mapping as unknown as Rendered)._toCloudFormation()) as Template
  const factor = Object.values(template.Resources)[0]?.Properties.ParallelizationFactor ?? 1
  if (factor === 1) return []
  return [
    `StreamingJob: the event source mapping of '${name}' has ParallelizationFactor ${JSON.stringify(factor)}; it must be 1: several processes at one shard take what comes out of order for duplicates, and records are lost. For more throughput give the stream more shards`,
  ]
}

/** A resource as it goes into the template, overrides and all. */
interface Rendered {
  _toCloudFormation(): unknown
}
interface Template {
  readonly Resources: Readonly<Record<string, { readonly Properties: { readonly ParallelizationFactor?: unknown } }>>
}

/** Returns the event source mapping of the ticks: taken together, since N shards send N of them for one instant and each reads N logs. */
export function mapTicks(scope: Construct, queue: sqs.IQueue, target: lambda.IFunction): lambda.CfnEventSourceMapping {
  return new lambda.CfnEventSourceMapping(scope, 'Ticks', {
    functionName: target.functionName,
    eventSourceArn: queue.queueArn,
    batchSize: TICKS_BATCH_SIZE,
    maximumBatchingWindowInSeconds: TICKS_WINDOW_SECONDS,
    scalingConfig: { maximumConcurrency: TICKS_CONCURRENCY },
    functionResponseTypes: PARTIAL,
  })
}

/** Returns the event source mapping of the tasks: one message, one task, at once. */
export function mapTasks(scope: Construct, queue: sqs.IQueue, target: lambda.IFunction, maxConcurrentTasks: number | undefined): lambda.CfnEventSourceMapping {
  return new lambda.CfnEventSourceMapping(scope, 'Tasks', {
    functionName: target.functionName,
    eventSourceArn: queue.queueArn,
    batchSize: 1,
    maximumBatchingWindowInSeconds: 0,
    functionResponseTypes: PARTIAL,
    ...(maxConcurrentTasks === undefined ? {} : { scalingConfig: { maximumConcurrency: maxConcurrentTasks } }),
  })
}
