import type {
  Duration,
  RemovalPolicy,
  aws_dynamodb as dynamodb,
  aws_ec2 as ec2,
  aws_iam as iam,
  aws_kinesis as kinesis,
  aws_kms as kms,
  aws_lambda as lambda,
  aws_s3 as s3,
  aws_sns as sns,
} from 'aws-cdk-lib'
import type { CatalogOptions } from './catalog.ts'

/** An existing stream, and from where it is read. There is no enhanced fan-out: Lambda de-aggregates KPL records there without an index, and a batch cut inside an aggregate could not be fenced. */
export interface StreamSource {
  readonly stream: kinesis.IStream
  /** @default TRIM_HORIZON; LATEST can miss records while the event source mapping is created or updated */
  readonly startingPosition?: lambda.StartingPosition
  /** Seconds since the epoch, with AT_TIMESTAMP only. */
  readonly startingPositionTimestamp?: number
}

export interface StreamingJobProps {
  /** The module whose default export is the job, from the folder in which `cdk` runs. Loaded and planned at synth: interval, streams, partitions and stages come from the program, nowhere else. */
  readonly entry: string
  /** By the names the program gives to kinesisStream. A name left out gets an on-demand stream. A stream of another account needs a resource policy there. */
  readonly streams?: { readonly [name: string]: kinesis.IStream | StreamSource }
  /** Seconds that Lambda gathers records for: shorter is faster, longer is cheaper. @default a fifth of the batch interval, 1 s to 10 s */
  readonly batchingWindow?: Duration
  /** Takes a job over whose table and bucket another stack has left behind: without it the functions stop at the logs of another stack. A stack from which a job was taken over never takes it back by itself. @default false */
  readonly takeOver?: boolean
  /** A retained table is taken up again here (dynamodb.Table.fromTableName): string keys pk and sk, time to live in `ttl`. @default a new one */
  readonly table?: dynamodb.ITable
  /** A retained bucket is taken up again here (s3.Bucket.fromBucketName). @default a new one */
  readonly bucket?: s3.IBucket
  /** Put before the names of all output directories, e.g. 'prod/'. @default none */
  readonly outputPrefix?: string
  /** Makes a table in this Glue database of each output with a layout and columns (csvFile, parquetFile): Athena finds its files by day and hour, from the day `since` (2025-01-01) on. @default no tables */
  readonly catalog?: CatalogOptions
  /** For foreachRDD and sinks: variables, and (through grantPrincipal) rights on the user's own resources. */
  readonly environment?: { readonly [name: string]: string }
  /** How long a paused or silent job can be taken up again and its batches looked at; must exceed the streams' retention. @default 30 days */
  readonly retention?: Duration
  /** Encrypts the table, the bucket and the streams made here. Queues carry nothing of the records and are encrypted by SQS. @default AWS's own keys */
  readonly encryptionKey?: kms.IKey
  /** Both functions run in its private subnets, which must reach DynamoDB, S3, SQS and Kinesis (ListShards): without a way out they need endpoints, for Kinesis the interface endpoint kinesis-streams. @default no VPC */
  readonly vpc?: ec2.IVpc
  readonly permissionsBoundary?: iam.IManagedPolicy
  /** MB of both functions; a vCPU comes with 1769. What a process may hold grows with it. @default 1024 */
  readonly memorySize?: number
  /** Tasks at once, 2 to 1000; only where a stage has several partitions. @default no limit */
  readonly maxConcurrentTasks?: number
  /** When two of the alarms fire: `stuckBatchAfter`, how long a batch may be unfinished; `runErrors`, in how many of the last minutes the run function fails. @default five batch intervals, at least 5 min; 3 of 10: what fails is tried again every 3 min */
  readonly alarms?: { readonly stuckBatchAfter?: Duration; readonly runErrors?: { readonly points: number; readonly of: number } }
  /** Told by every alarm. @default alarms tell nobody */
  readonly alarmTopic?: sns.ITopic
  /** A CloudWatch dashboard: alarms, inputs, batches, functions, table and queues, dead letters. $3 a month beyond the account's first three. @default false */
  readonly dashboard?: boolean
  /** State, output and the streams made here survive `cdk destroy` unless said otherwise. With DESTROY the bucket must be emptied before: CloudFormation deletes no bucket with objects in it. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy
  /** Pins the number of this deploy, which must rise from deploy to deploy; for tests of templates. @default the time of the synth, in seconds */
  readonly deployNumber?: number
}
