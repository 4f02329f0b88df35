// This file is long because it looks at one template from all sides: what is there, what each function may do, and what must never change its name.
import { readFileSync } from 'node:fs'
import {
  Duration,
  RemovalPolicy,
  Stack,
  aws_dynamodb as dynamodb,
  aws_iam as iam,
  aws_kinesis as kinesis,
  aws_kms as kms,
  aws_s3 as s3,
  aws_sns as sns,
  aws_sqs as sqs,
} from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { StreamingJob } from 'millrace/cdk'
import { beforeAll, describe, expect, it } from 'vitest'
import { MillraceStack } from '../../lib/cdk/millrace-stack.ts'
import { synth, makeApp, WIDE, WORD_COUNT } from './synth.ts'

interface Resource {
  readonly Type: string
  readonly Properties: Record<string, unknown>
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
}

const resources = (template: Template): Record<string, Resource> => template.toJSON()['Resources'] as Record<string, Resource>
const ofType = (template: Template, type: string): string[] =>
  Object.entries(resources(template))
    .filter(([, { Type }]) => Type === type)
    .map(([id]) => id)

/** The function's policy as [actions, resources] lines. */
function rights(template: Template, policy: 'Receive' | 'Run'): string[] {
  const [, found] = Object.entries(resources(template)).find(([id]) => id.startsWith(`Job${policy}Policy`))!
  const { Statement } = found.Properties['PolicyDocument'] as { Statement: { Action: string | string[]; Resource: unknown; Condition?: unknown }[] }
  const flat = (value: unknown): string =>
    JSON.stringify(value)
      .replaceAll(/\{"Fn::Join":\["",\[|\]\]\}|\{"Fn::GetAtt":\["Job(\w+?)[0-9A-F]{8}","Arn"\]\}|"/g, (_, name: string | undefined) => name ?? '')
      .replaceAll(',/', '/')
  return Statement.map(
    ({ Action, Resource, Condition }) =>
      `${[Action].flat().join(' ')} on ${flat(Resource)}${Condition === undefined ? '' : ` if ${JSON.stringify(Condition)}`}`,
  )
}

describe('word-count, with nothing but its entry', () => {
  let template: Template
  beforeAll(() => {
    template = Template.fromStack(synth(WORD_COUNT).stack)
  })

  it('is two functions, two queues for ticks, one rule, and no custom resource', () => {
    const count: Record<string, number> = {}
    for (const { Type } of Object.values(resources(template))) count[Type] = (count[Type] ?? 0) + 1
    expect(count).toEqual({
      'AWS::CloudWatch::Alarm': 10,
      'AWS::DynamoDB::Table': 1,
      'AWS::Events::Rule': 1,
      'AWS::IAM::Policy': 2,
      'AWS::IAM::Role': 2,
      'AWS::Kinesis::Stream': 1,
      'AWS::Lambda::EventSourceMapping': 2,
      'AWS::Lambda::Function': 2,
      'AWS::Logs::LogGroup': 2,
      'AWS::S3::Bucket': 1,
      'AWS::S3::BucketPolicy': 1,
      'AWS::SQS::Queue': 2,
      'AWS::SQS::QueuePolicy': 2,
    })
  })

  it('reads its stream as the protocol needs it', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^JobStreamslines'), 'Arn'] },
      BatchSize: 10_000,
      MaximumBatchingWindowInSeconds: 1,
      ParallelizationFactor: 1,
      BisectBatchOnFunctionError: false,
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: -1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      StartingPosition: 'TRIM_HORIZON',
      StartingPositionTimestamp: Match.absent(),
      FilterCriteria: Match.absent(),
      TumblingWindowInSeconds: Match.absent(),
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('^JobBucket'), 'Arn'] } } },
    })
  })

  it('takes ticks together and sends one each minute', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^JobTicks'), 'Arn'] },
      BatchSize: 1_000,
      MaximumBatchingWindowInSeconds: 1,
      ScalingConfig: { MaximumConcurrency: 2 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    })
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      Targets: [Match.objectLike({ Input: '{"kind":"tick"}' })],
    })
    template.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 210,
      MessageRetentionPeriod: 3_600,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: Match.anyValue(), maxReceiveCount: 3 },
    })
  })

  it('has functions as Lambda runs them best', () => {
    const common = {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 1_024,
      ReservedConcurrentExecutions: Match.absent(),
      LoggingConfig: { LogGroup: Match.anyValue() },
    }
    template.hasResourceProperties('AWS::Lambda::Function', { ...common, Timeout: 60, RecursiveLoop: Match.absent() })
    template.hasResourceProperties('AWS::Lambda::Function', { ...common, Timeout: 180, RecursiveLoop: 'Allow' })
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 })
  })

  it('tells its functions where they are', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          MILLRACE_JOB: 'word-count',
          MILLRACE_FUNCTION: 'receive',
          MILLRACE_TABLE: Match.anyValue(),
          MILLRACE_BUCKET: Match.anyValue(),
          MILLRACE_STREAMS: { 'Fn::Join': ['', ['{"lines":"', { 'Fn::GetAtt': [Match.stringLikeRegexp('^JobStreamslines'), 'Arn'] }, '"}']] },
          MILLRACE_TICKS_QUEUE_URL: Match.anyValue(),
          MILLRACE_TASKS_QUEUE_URL: Match.absent(),
          MILLRACE_DEPLOY: '1764000000',
          NODE_OPTIONS: '--enable-source-maps',
          MILLRACE_BATCHING_WINDOW_SECONDS: '1',
          MILLRACE_RETENTION_SECONDS: '2592000',
          MILLRACE_TASK_TIMEOUT_SECONDS: '180',
        },
      },
    })
  })

  it('keeps state encrypted, recoverable and private', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
    })
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
    })
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]) },
    })
  })

  it('expires spills a week after the entries that name them, and never anything else', () => {
    const [bucket] = Object.values(template.findResources('AWS::S3::Bucket')) as Resource[]
    expect(bucket!.Properties['LifecycleConfiguration']).toEqual({
      Rules: [
        { Id: 'spills', Prefix: '_millrace/spill/', ExpirationInDays: 37, Status: 'Enabled' },
        { Id: 'unfinished-uploads', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' },
      ],
    })
  })

  it('gives receive the least rights', () => {
    expect(rights(template, 'Receive')).toEqual([
      'kinesis:DescribeStream kinesis:DescribeStreamSummary kinesis:GetRecords kinesis:GetShardIterator kinesis:ListShards on Streamslines',
      'dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query dynamodb:PutItem on Table if {"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["word-count#*"]}}',
      's3:PutObject s3:AbortMultipartUpload on [Bucket/_millrace/spill/jobs/word-count/*,Bucket/_millrace/dead/jobs/word-count/*,Bucket/aws/lambda/*]',
      's3:ListBucket on Bucket',
      'sqs:SendMessage on Ticks',
      'logs:CreateLogStream logs:PutLogEvents on ReceiveLogs',
    ])
  })

  it('gives run the least rights', () => {
    expect(rights(template, 'Run')).toEqual([
      'sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes sqs:SendMessage on Ticks',
      'dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query dynamodb:PutItem dynamodb:UpdateItem on Table if {"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["word-count#*"]}}',
      's3:GetObject on [Bucket/_millrace/spill/jobs/word-count/*,Bucket/_millrace/state/jobs/word-count/*,Bucket/_millrace/dead/jobs/word-count/*,Bucket/_millrace/state/task/*,Bucket/_millrace/spill/rec/*,Bucket/_millrace/spill/task/*]',
      's3:PutObject s3:AbortMultipartUpload on [Bucket/_millrace/spill/jobs/word-count/*,Bucket/_millrace/state/jobs/word-count/*,Bucket/_millrace/dead/jobs/word-count/*,Bucket/counts-*]',
      's3:DeleteObject on [Bucket/_millrace/state/jobs/word-count/*,Bucket/_millrace/state/task/*]',
      's3:ListBucket on Bucket',
      'logs:CreateLogStream logs:PutLogEvents on RunLogs',
    ])
  })

  it('raises an alarm for everything that would go unnoticed', () => {
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')) as Resource[]
    const metrics = alarms.flatMap(
      ({ Properties }) =>
        (Properties['Metrics'] as { MetricStat?: { Metric: { MetricName: string } } }[] | undefined)?.map(
          ({ MetricStat }) => MetricStat?.Metric.MetricName,
        ) ?? [Properties['MetricName'] as string],
    )
    expect(metrics.filter((name) => name !== undefined).sort()).toEqual([
      'ApproximateAgeOfOldestMessage',
      'ApproximateNumberOfMessagesVisible',
      'DeadLetters',
      'DroppedEventCount',
      'Errors',
      'Errors',
      'IteratorAge',
      'OnFailureDestinationDeliveredEventCount',
      'Throttles',
      'Throttles',
      'UnfinishedBatchAge',
    ])
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'UnfinishedBatchAge',
      Namespace: 'Millrace',
      Dimensions: [{ Name: 'Job', Value: 'word-count' }],
      Threshold: 300,
      TreatMissingData: 'notBreaching',
      AlarmActions: Match.absent(),
    })
  })

  it('says what to try next', () => {
    const outputs = template.toJSON()['Outputs'] as Record<string, { Value: unknown }>
    expect(Object.values(outputs).map(({ Value }) => Value)).toEqual(
      expect.arrayContaining(['npx millrace produce word-count --input FILE', 'npx millrace watch word-count']),
    )
  })
})

describe('what holds state', () => {
  const app = (): Template => Template.fromStack(new MillraceStack(makeApp(), 'Millrace'))
  const stateful = ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::Kinesis::Stream']

  it('never changes its logical id: a change here replaces state that exists', () => {
    const template = app()
    expect(stateful.flatMap((type) => ofType(template, type)).sort()).toEqual([
      'WordCountBucket284FAA96',
      'WordCountStreamslinesF5ACD2B2',
      'WordCountTable5F3E7CCF',
      'WorstAirportsBucketF5B84C84',
      'WorstAirportsStreamsflights008BF27B',
      'WorstAirportsTable80BB4B39',
    ])
  })

  it('is retained unless told otherwise', () => {
    const template = app()
    for (const id of stateful.flatMap((type) => ofType(template, type)))
      expect(resources(template)[id], id).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    const gone = Template.fromStack(new MillraceStack(makeApp(), 'Millrace', { removalPolicy: RemovalPolicy.DESTROY }))
    for (const id of stateful.flatMap((type) => ofType(gone, type))) expect(resources(gone)[id], id).toMatchObject({ DeletionPolicy: 'Delete' })
  })

  it('can be taken up again', () => {
    const template = Template.fromStack(
      synth(WORD_COUNT, (stack) => ({
        table: dynamodb.Table.fromTableName(stack, 'OldTable', 'old-table'),
        bucket: s3.Bucket.fromBucketName(stack, 'OldBucket', 'old-bucket'),
      })).stack,
    )
    template.resourceCountIs('AWS::DynamoDB::Table', 0)
    template.resourceCountIs('AWS::S3::Bucket', 0)
    template.allResourcesProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ MILLRACE_TABLE: 'old-table', MILLRACE_BUCKET: 'old-bucket' }) },
    })
  })
})

describe('a job with several partitions and streams', () => {
  it('gets a queue for tasks, each taken at once', () => {
    const template = Template.fromStack(synth(WIDE, () => ({ maxConcurrentTasks: 8 })).stack)
    template.resourceCountIs('AWS::SQS::Queue', 4)
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 1,
      MaximumBatchingWindowInSeconds: 0,
      ScalingConfig: { MaximumConcurrency: 8 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    })
    template.allResourcesProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ MILLRACE_TASKS_QUEUE_URL: Match.anyValue() }) } })
    expect(rights(template, 'Run')).toContain('sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes sqs:SendMessage on [Ticks,Tasks]')
  })

  it('writes where its outputs are, and nowhere else', () => {
    const template = Template.fromStack(synth(WIDE, () => ({ outputPrefix: 'prod' })).stack)
    expect(rights(template, 'Run')).toContain(
      's3:PutObject s3:AbortMultipartUpload on [Bucket/_millrace/spill/jobs/wide/*,Bucket/_millrace/state/jobs/wide/*,Bucket/_millrace/dead/jobs/wide/*,Bucket/prod/reports/joined-*,Bucket/prod/odd-*]',
    )
    template.allResourcesProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ MILLRACE_OUTPUT_PREFIX: 'prod/' }) } })
  })

  it('gathers for a fifth of the interval, at most 10 s, or as told', () => {
    const windows = (template: Template): unknown[] =>
      ofType(template, 'AWS::Lambda::EventSourceMapping')
        .map((id) => resources(template)[id]!.Properties)
        .filter(({ BatchSize }) => BatchSize === 10_000)
        .map(({ MaximumBatchingWindowInSeconds }) => MaximumBatchingWindowInSeconds)
    expect(windows(Template.fromStack(synth(WIDE).stack))).toEqual([10, 10])
    const told = Template.fromStack(synth(WIDE, () => ({ batchingWindow: Duration.seconds(60) })).stack)
    expect(windows(told)).toEqual([60, 60])
    told.allResourcesProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ MILLRACE_BATCHING_WINDOW_SECONDS: '60' }) } })
  })

  it('takes existing streams, one of another account, with the rights of its key', () => {
    const { stack, job } = synth(WIDE, (s) => ({
      streams: {
        orders: kinesis.Stream.fromStreamAttributes(s, 'Orders', {
          streamArn: 'arn:aws:kinesis:us-east-1:999988887777:stream/orders',
          encryptionKey: kms.Key.fromKeyArn(s, 'Theirs', 'arn:aws:kms:us-east-1:999988887777:key/1'),
        }),
      },
    }))
    const template = Template.fromStack(stack)
    template.resourceCountIs('AWS::Kinesis::Stream', 1)
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: 'arn:aws:kinesis:us-east-1:999988887777:stream/orders' })
    expect(
      rights(template, 'Receive').some((right) => right === 'kms:Decrypt kms:GenerateDataKey kms:DescribeKey on arn:aws:kms:us-east-1:999988887777:key/1'),
    ).toBe(true)
    expect(Object.keys(job.streams)).toEqual(['orders', 'payments'])
  })
})

describe('other props', () => {
  it('encrypt, bound, alarm and shut in', () => {
    const { stack, job } = synth(WORD_COUNT, (s) => ({
      encryptionKey: kms.Key.fromKeyArn(s, 'Key', 'arn:aws:kms:us-east-1:111122223333:key/1'),
      permissionsBoundary: iam.ManagedPolicy.fromManagedPolicyName(s, 'Boundary', 'DeveloperBoundary'),
      alarmTopic: new sns.Topic(s, 'Topic'),
      environment: { SHOP: 'north' },
      memorySize: 512,
      retention: Duration.days(90),
    }))
    const template = Template.fromStack(stack)
    template.hasResourceProperties('AWS::DynamoDB::Table', { SSESpecification: { KMSMasterKeyId: 'arn:aws:kms:us-east-1:111122223333:key/1', SSEType: 'KMS' } })
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'arn:aws:kms:us-east-1:111122223333:key/1' } },
        ],
      },
    })
    template.hasResourceProperties('AWS::Kinesis::Stream', { StreamEncryption: { KeyId: 'arn:aws:kms:us-east-1:111122223333:key/1' } })
    template.allResourcesProperties('AWS::IAM::Role', { PermissionsBoundary: Match.anyValue() })
    template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [Match.anyValue()] })
    template.allResourcesProperties('AWS::Lambda::Function', {
      MemorySize: 512,
      Environment: { Variables: Match.objectLike({ SHOP: 'north', MILLRACE_RETENTION_SECONDS: '7776000' }) },
    })
    expect(job.alarms).toHaveLength(10)
    expect(rights(template, 'Run')).toContain('kms:Decrypt kms:GenerateDataKey kms:DescribeKey on arn:aws:kms:us-east-1:111122223333:key/1')
  })

  it('let both functions use what is granted to the program', () => {
    const { stack, job } = synth(WORD_COUNT)
    new sqs.Queue(stack, 'Shop').grantSendMessages(job)
    const granted = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')).filter((policy) => JSON.stringify(policy).includes('Shop'))
    expect(granted).toHaveLength(2)
  })

  it('let somebody operate the job: read, redrive, nothing else', () => {
    const { stack, job } = synth(WORD_COUNT)
    const role = new iam.Role(stack, 'OnCall', { assumedBy: new iam.AccountRootPrincipal() })
    job.grantOperate(role).assertSuccess()
    const [policy] = Object.entries(resources(Template.fromStack(stack)))
      .filter(([id]) => id.startsWith('OnCall') && id.includes('Policy'))
      .map(([, { Properties }]) => Properties)
    const actions = (policy!['PolicyDocument'] as { Statement: { Action: string | string[] }[] }).Statement.flatMap(({ Action }) => Action)
    expect(actions.sort()).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'dynamodb:Query',
      'kinesis:DescribeStreamSummary',
      'kinesis:ListShards',
      'kinesis:PutRecord',
      'kinesis:PutRecords',
      'lambda:ListEventSourceMappings',
      'lambda:ListFunctions',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
    ])
    // What docs/tools.md says that these commands need.
    for (const command of ['status', 'watch', 'produce']) {
      const [, cells = ''] = new RegExp(`^\\| \`${command}\` \\| (.*) \\|$`, 'm').exec(readFileSync('docs/tools.md', 'utf8'))!
      const asked = [...cells.matchAll(/`(\w+:\w+)`/g)].map(([, right]) => right!)
      expect(asked.length, command).toBeGreaterThan(2)
      expect(
        asked.filter((right) => !actions.includes(right)),
        command,
      ).toEqual([])
    }
  })

  it('number a deploy by the second of its synth', () => {
    const before = Math.floor(Date.now() / 1000)
    const stack = new Stack(makeApp(), 'Now')
    new StreamingJob(stack, 'Job', { entry: WORD_COUNT })
    const [made] = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function')) as Resource[]
    const deploy = Number((made!.Properties['Environment'] as { Variables: Record<string, string> }).Variables['MILLRACE_DEPLOY'])
    expect(deploy).toBeGreaterThanOrEqual(before)
    expect(deploy).toBeLessThanOrEqual(Math.floor(Date.now() / 1000))
  })
})
