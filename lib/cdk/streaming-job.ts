import {
  CfnOutput,
  Duration,
  RemovalPolicy,
  Stack,
  aws_events as events,
  aws_events_targets as targets,
  aws_iam as iam,
  type aws_kinesis as kinesis,
  type aws_cloudwatch as cloudwatch,
  type aws_dynamodb as dynamodb,
  aws_lambda as lambda,
  type aws_s3 as s3,
} from 'aws-cdk-lib'
import { Construct } from 'constructs'
import { stateVariable, VARIABLES } from '../aws/environment.ts'
import { planJob } from '../plan/plan-job.ts'
import type { Plan } from '../plan/plan.ts'
import type { Tick } from '../runtime/ports/messages.ts'
import { defaultWindowMs } from '../runtime/settings.ts'
import { makeAlarms } from './alarms.ts'
import { makeCatalog } from './catalog.ts'
import { makeDashboard } from './dashboard.ts'
import { checkProgram } from './check-program.ts'
import { checkProps } from './check-props.ts'
import { checkVpc } from './check-vpc.ts'
import { mapStream, mapTasks, mapTicks } from './event-sources.ts'
import { makeFunction } from './job-function.ts'
import { DEFAULT_RETENTION_DAYS, RUN_TIMEOUT_SECONDS } from './limits.ts'
import { loadJob } from './load-job.ts'
import { ProgramPrincipal } from './program-principal.ts'
import { makePollRules } from './poll-rules.ts'
import { makeQueue } from './queues.ts'
import { resolveStreams } from './resolve-streams.ts'
import { operateRights, readRights, receiveRights, runRights, type JobResources } from './rights.ts'
import { makeBucket, makeTable } from './stores.ts'
import type { StreamingJobProps } from './streaming-job-props.ts'
import { suppress } from './suppress.ts'

/**
 * A job on AWS: two functions around the program, its streams, a table for its logs, a bucket for state and output, two queues, a rule that
 * looks once a minute for what is missing, and alarms. Nothing of it costs much while nothing arrives, but on-demand streams.
 * @example
 * new StreamingJob(this, 'WordCount', { entry: 'functions/word-count.ts' })
 */
export class StreamingJob extends Construct implements iam.IGrantable {
  readonly streams: { readonly [name: string]: kinesis.IStream }
  readonly bucket: s3.IBucket
  readonly table: dynamodb.ITable
  readonly receiveFunction: lambda.IFunction
  readonly runFunction: lambda.IFunction
  /** Who the program's own functions run as: the roles of both functions. */
  readonly grantPrincipal: iam.IPrincipal
  readonly alarms: readonly cloudwatch.Alarm[]
  readonly #resources: JobResources

  constructor(scope: Construct, id: string, props: StreamingJobProps) {
    super(scope, id)
    const plan = planJob(loadJob(props.entry))
    checkProgram(plan)
    checkProps(plan, props)
    const nowSeconds = Math.floor(Date.now() / 1000)
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN
    const retention = props.retention ?? Duration.days(DEFAULT_RETENTION_DAYS)
    const windowSeconds = props.batchingWindow?.toSeconds() ?? defaultWindowMs(plan.intervalMs) / 1000
    const encryptionKey = props.encryptionKey

    const streams = resolveStreams(this, plan, props, removalPolicy, nowSeconds)
    this.streams = Object.fromEntries(streams.map(({ name, stream }) => [name, stream]))
    // CDK's classes are not their interfaces under exactOptionalPropertyTypes.
    this.table = props.table ?? (makeTable(this, { removalPolicy, encryptionKey }) as dynamodb.ITable)
    this.bucket = props.bucket ?? (makeBucket(this, { removalPolicy, encryptionKey, retention }) as s3.IBucket)
    const ticks = makeQueue(this, 'Ticks')
    const tasks = plan.stages.some(({ partitions }) => partitions > 1) ? makeQueue(this, 'Tasks') : undefined
    const outputPrefix =
      props.outputPrefix === undefined || props.outputPrefix === '' || props.outputPrefix.endsWith('/') ? (props.outputPrefix ?? '') : `${props.outputPrefix}/`
    this.#resources = { plan, streams, table: this.table, bucket: this.bucket, outputPrefix, ticks: ticks.queue, tasks: tasks?.queue, encryptionKey }
    for (const { stream, own } of streams) {
      if (own && encryptionKey !== undefined)
        suppress(stream, { id: 'AwsSolutions-KDS3', reason: 'The key was chosen for this job (encryptionKey); its requests are paid for.' })
    }

    const environment = {
      ...props.environment,
      [VARIABLES.job]: plan.name,
      [VARIABLES.table]: this.table.tableName,
      [VARIABLES.bucket]: this.bucket.bucketName,
      [VARIABLES.streams]: Stack.of(this).toJsonString(Object.fromEntries(streams.map(({ name, stream }) => [name, stream.streamArn]))),
      [VARIABLES.ticksQueue]: ticks.queue.queueUrl,
      ...(tasks === undefined ? {} : { [VARIABLES.tasksQueue]: tasks.queue.queueUrl }),
      [VARIABLES.owner]: Stack.of(this).stackId,
      ...(props.takeOver === true ? { [VARIABLES.takeOver]: 'true' } : {}),
      [VARIABLES.deploy]: String(props.deployNumber ?? nowSeconds),
      [VARIABLES.batchingWindow]: String(windowSeconds),
      ...(streams.length > 0 && streams.every(({ startingPosition }) => startingPosition === lambda.StartingPosition.LATEST)
        ? { [VARIABLES.beginRest]: '0' }
        : {}),
      [VARIABLES.retention]: String(retention.toSeconds()),
      [VARIABLES.taskTimeout]: String(RUN_TIMEOUT_SECONDS),
      ...(outputPrefix === '' ? {} : { [VARIABLES.outputPrefix]: outputPrefix }),
    }
    if (props.vpc !== undefined && streams.length > 0) checkVpc(this, plan.name, props.vpc)
    const common = { entry: props.entry, memorySize: props.memorySize, vpc: props.vpc }
    const receive = makeFunction(this, 'Receive', {
      ...common,
      kind: 'receive',
      rights: receiveRights(this.#resources),
      environment: { ...environment, [VARIABLES.function]: 'receive' },
      description: `Millrace job ${plan.name}: takes records of one shard into its log`,
    })
    const run = makeFunction(this, 'Run', {
      ...common,
      kind: 'run',
      rights: runRights(this.#resources),
      environment: { ...environment, [VARIABLES.function]: 'run' },
      description: `Millrace job ${plan.name}: allocates batches and runs their tasks`,
    })
    this.receiveFunction = receive.handler
    this.runFunction = run.handler
    this.grantPrincipal = new ProgramPrincipal([receive.role, run.role])

    const sources = new Construct(this, 'Sources')
    const mappings = Object.fromEntries(
      streams.map((stream) => [stream.name, mapStream(sources, stream, receive.handler, { windowSeconds, onFailure: this.bucket })]),
    )
    makePollRules(sources, plan, receive.handler)
    const messages = new Construct(this, 'Messages')
    mapTicks(messages, ticks.queue, run.handler)
    if (tasks !== undefined) mapTasks(messages, tasks.queue, run.handler, props.maxConcurrentTasks)
    const tick: Tick = { kind: 'tick' }
    new events.Rule(this, 'Minute', {
      description: `Millrace job ${plan.name}: looks once a minute for whatever is missing`,
      schedule: events.Schedule.rate(Duration.minutes(1)),
      targets: [new targets.SqsQueue(ticks.queue, { message: events.RuleTargetInput.fromObject(tick) })],
    })

    this.alarms = makeAlarms(this, {
      job: plan.name,
      receive: receive.handler,
      run: run.handler,
      mappings,
      ticks,
      tasks,
      topic: props.alarmTopic,
      intervalMs: plan.intervalMs,
      props: props.alarms,
    })
    if (props.catalog !== undefined) makeCatalog(this, plan, { bucket: this.bucket, outputPrefix, catalog: props.catalog })
    if (props.dashboard === true)
      makeDashboard(this, { job: plan.name, receive: receive.handler, run: run.handler, ticks, tasks, table: this.table, alarms: this.alarms })
    if (props.permissionsBoundary !== undefined) iam.PermissionsBoundary.of(this).apply(props.permissionsBoundary)
    this.#print(plan)
  }

  /** Lets somebody use `millrace state`, `redrive` and `status` (and what they are made of: `dead`, `watch`) on this job, and nothing else. */
  grantOperate(grantee: iam.IGrantable): iam.Grant {
    return grantAll(grantee, operateRights(this.#resources))
  }

  /** Lets a function answer from this job's live state (openState), and tells it where that is. */
  grantRead(reader: lambda.Function): iam.Grant {
    const { table, bucket, plan } = this.#resources
    reader.addEnvironment(stateVariable(plan.name), Stack.of(this).toJsonString({ table: table.tableName, bucket: bucket.bucketName }))
    return grantAll(reader, readRights(this.#resources))
  }

  /** What the terminal shows after `cdk deploy`: what to try next, and where state and output are. */
  #print(plan: Plan): void {
    if (Object.keys(this.streams).length > 0)
      new CfnOutput(this, 'Put', {
        value: `npx millrace produce ${plan.name} --input FILE`,
        description: `Put the lines of a file to ${Object.keys(this.streams)
          .map((name) => `'${name}'`)
          .join(', ')}`,
      })
    new CfnOutput(this, 'Watch', { value: `npx millrace watch ${plan.name}`, description: 'See outputs as they are committed' })
    new CfnOutput(this, 'TableName', { value: this.table.tableName, description: 'The logs of the job: a retained one is taken up again with `table`' })
    new CfnOutput(this, 'BucketName', { value: this.bucket.bucketName, description: 'State and output: a retained one is taken up again with `bucket`' })
    for (const [name, stream] of Object.entries(this.streams))
      new CfnOutput(this, `Stream-${name}`, { value: stream.streamName, description: `What the program calls '${name}'` })
  }
}

function grantAll(grantee: iam.IGrantable, statements: readonly iam.PolicyStatement[]): iam.Grant {
  const grants = statements.map((statement) =>
    iam.Grant.addToPrincipal({
      grantee,
      actions: statement.actions,
      resourceArns: statement.resources,
      ...(Object.keys(statement.conditions as object).length === 0 ? {} : { conditions: statement.conditions as Record<string, Record<string, unknown>> }),
    }),
  )
  return grants.reduce((all, grant) => all.combine(grant))
}
