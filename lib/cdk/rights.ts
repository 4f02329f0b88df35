import { ArnFormat, aws_iam as iam, Stack, type aws_dynamodb as dynamodb, type aws_kms as kms, type aws_s3 as s3, type aws_sqs as sqs } from 'aws-cdk-lib'
import { isTable } from '../dstream/graph-builder.ts'
import type { Plan } from '../plan/plan.ts'
import { DEAD_PREFIX, ownPrefix, SPILL_PREFIX, STATE_PREFIX } from '../runtime/entries/log-names.ts'
import type { JobStream } from './resolve-streams.ts'

/** What a job consists of, as far as rights on it are concerned. */
export interface JobResources {
  readonly plan: Plan
  readonly streams: readonly JobStream[]
  readonly table: dynamodb.ITable
  readonly bucket: s3.IBucket
  readonly outputPrefix: string
  readonly ticks: sqs.IQueue
  readonly tasks: sqs.IQueue | undefined
  readonly encryptionKey: kms.IKey | undefined
}

/** Reads its streams, appends to the logs, puts spills and dead letters, sends ticks; Lambda puts there what it gave up on. */
export function receiveRights(resources: JobResources): readonly iam.PolicyStatement[] {
  const { plan, bucket, ticks, streams } = resources
  return [
    ...onStreams(streams, ['kinesis:DescribeStream', 'kinesis:DescribeStreamSummary', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards']),
    onLogs(resources, ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:PutItem']),
    allow(
      ['s3:PutObject', 's3:AbortMultipartUpload'],
      [ownPrefix(SPILL_PREFIX, plan.name), ownPrefix(DEAD_PREFIX, plan.name), ON_FAILURE_PREFIX].map((prefix) => bucket.arnForObjects(`${prefix}*`)),
    ),
    allow(['s3:ListBucket'], [bucket.bucketArn]), // Lambda asks for it of an on-failure destination
    allow(['sqs:SendMessage'], [ticks.queueArn]),
    ...keys(resources, ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey']),
  ]
}

/** Takes and sends messages, appends to the logs and adds to progress, reads and writes the engine's objects, writes the program's outputs. */
export function runRights(resources: JobResources): readonly iam.PolicyStatement[] {
  const { bucket, ticks, tasks, plan, outputPrefix } = resources
  const queues = [ticks, ...(tasks === undefined ? [] : [tasks])].map(({ queueArn }) => queueArn)
  const outputs = plan.stages
    .flatMap((stage) => stage.outputs)
    .flatMap(({ output }) => (output.kind === 'files' ? [`${outputPrefix}${output.prefix}${isTable(output) ? '/' : '-'}*`] : []))
  return [
    allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:SendMessage'], queues),
    onLogs(resources, ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem']),
    allow(
      ['s3:GetObject'],
      [...KINDS.map((kind) => ownPrefix(kind, plan.name)), ...SHARED].map((prefix) => bucket.arnForObjects(`${prefix}*`)),
    ),
    allow(
      ['s3:PutObject', 's3:AbortMultipartUpload'],
      [...new Set([...KINDS.map((kind) => `${ownPrefix(kind, plan.name)}*`), ...outputs])].map((name) => bucket.arnForObjects(name)),
    ),
    allow(
      ['s3:DeleteObject'],
      [ownPrefix(STATE_PREFIX, plan.name), SHARED_STATE].map((prefix) => bucket.arnForObjects(`${prefix}*`)),
    ),
    allow(['s3:ListBucket'], [bucket.bucketArn]), // without it S3 says 403 of an object that does not exist
    ...sinkRights(resources),
    ...keys(resources, ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey']),
  ]
}

/** What the program's sinks declare. */
function sinkRights({ plan, bucket }: JobResources): readonly iam.PolicyStatement[] {
  return plan.stages
    .flatMap(({ outputs }) => outputs)
    .flatMap(({ output }) => (output.kind === 'sink' ? (output.sink.rights ?? []) : []))
    .map(({ actions, resource }) => {
      const [service = '', ...rest] = resource.split(':')
      return allow(actions, [
        resource.startsWith('arn:') ? resource : Stack.of(bucket).formatArn({ service, resource: rest.join(':'), arnFormat: ArnFormat.NO_RESOURCE_NAME }),
      ])
    })
}

/** openState: reads the log and the state, and nothing else. */
export function readRights(resources: JobResources): readonly iam.PolicyStatement[] {
  const { plan, bucket } = resources
  return [
    onLogs(resources, ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query']),
    allow(
      ['s3:GetObject'],
      [ownPrefix(STATE_PREFIX, plan.name), ownPrefix(SPILL_PREFIX, plan.name), ...SHARED].map((prefix) => bucket.arnForObjects(`${prefix}*`)),
    ),
    allow(['s3:ListBucket'], [bucket.bucketArn]), // without it S3 says 403 of an object that does not exist
    ...keys(resources, ['kms:Decrypt', 'kms:DescribeKey']),
  ]
}

/** `millrace status`, `watch`, `state`, `dead` read; `redrive` puts the record to its stream again and notes that it did. */
export function operateRights(resources: JobResources): readonly iam.PolicyStatement[] {
  const { plan, bucket, streams } = resources
  return [
    allow(['lambda:ListFunctions', 'lambda:ListEventSourceMappings'], ['*']), // neither takes a resource; the tools find the job by its functions' variables
    onLogs(resources, ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query']),
    allow(['s3:GetObject'], [bucket.arnForObjects('*')]),
    allow(['s3:ListBucket'], [bucket.bucketArn]),
    allow(['s3:PutObject'], [bucket.arnForObjects(`${ownPrefix(DEAD_PREFIX, plan.name)}*`)]),
    ...onStreams(streams, ['kinesis:PutRecord', 'kinesis:PutRecords', 'kinesis:DescribeStreamSummary', 'kinesis:ListShards']),
    ...keys(resources, ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey']),
  ]
}

/** A program that polls only has no streams, and a statement must have a resource. */
function onStreams(streams: readonly JobStream[], actions: readonly string[]): readonly iam.PolicyStatement[] {
  return streams.length === 0
    ? []
    : [
        allow(
          actions,
          streams.map(({ stream }) => stream.streamArn),
        ),
      ]
}

/** Network interfaces in a VPC: EC2 takes no resource for most of these. */
export function vpcRights(): iam.PolicyStatement {
  return allow(
    [
      'ec2:CreateNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:DeleteNetworkInterface',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ],
    ['*'],
  )
}

const KINDS = [SPILL_PREFIX, STATE_PREFIX, DEAD_PREFIX]
/** Where all jobs wrote side by side before: what a job's entries name there it reads, and deletes if no snapshot names it any more. */
const SHARED_STATE = `${STATE_PREFIX}task/`
const SHARED = [SHARED_STATE, `${SPILL_PREFIX}rec/`, `${SPILL_PREFIX}task/`]
/** Where Lambda puts what it gave up on: aws/lambda/<event source mapping>/<shard>/... */
const ON_FAILURE_PREFIX = 'aws/lambda/'

function allow(actions: readonly string[], resources: readonly string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: [...actions], resources: [...resources] })
}

/** The items of this job only: a table may hold the logs of several, and their keys begin with the job's name. */
function onLogs({ table, plan }: JobResources, actions: readonly string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: [...actions],
    resources: [table.tableArn],
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${plan.name}#*`] } },
  })
}

function keys({ encryptionKey, table, bucket, streams }: JobResources, actions: readonly string[]): readonly iam.PolicyStatement[] {
  const all = [encryptionKey, table.encryptionKey, bucket.encryptionKey, ...streams.map(({ stream }) => stream.encryptionKey)].filter(
    (key) => key !== undefined,
  )
  const arns = [...new Set(all.map(({ keyArn }) => keyArn))]
  return arns.length === 0 ? [] : [allow(actions, arns)]
}
