import { Stack, Token, aws_kinesis as kinesis, aws_lambda as lambda, type RemovalPolicy, type aws_kms as kms } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import { MillraceError } from '../values/errors.ts'
import type { Plan } from '../plan/plan.ts'
import type { StreamingJobProps, StreamSource } from './streaming-job-props.ts'

/** A stream of the program, and from where it is read. */
export interface JobStream {
  readonly name: string
  readonly stream: kinesis.IStream
  /** Made by the construct. */
  readonly own: boolean
  readonly startingPosition: lambda.StartingPosition
  readonly startingPositionTimestamp: number | undefined
}

/** Returns the program's streams: those of the props, and new on-demand ones for the names left out. */
export function resolveStreams(scope: Construct, plan: Plan, props: StreamingJobProps, removalPolicy: RemovalPolicy, nowSeconds: number): readonly JobStream[] {
  const wrong = (text: string): MillraceError => new MillraceError('USAGE', `StreamingJob: job '${plan.name}': ${text}`)
  const names = plan.inputs.flatMap(({ stream, poll }) => (poll === undefined ? [stream] : []))
  const unknown = Object.keys(props.streams ?? {}).find((name) => !names.includes(name))
  if (unknown !== undefined) throw wrong(`streams has '${unknown}', which the program does not read; it reads ${names.map((name) => `'${name}'`).join(', ')}`)

  const parent = new Construct(scope, 'Streams')
  const streams = names.map((name): JobStream => {
    const given = props.streams?.[name]
    if (given === undefined)
      return {
        name,
        stream: onDemand(parent, name, removalPolicy, props.encryptionKey),
        own: true,
        startingPosition: lambda.StartingPosition.TRIM_HORIZON,
        startingPositionTimestamp: undefined,
      }
    const source: StreamSource = 'streamArn' in given ? { stream: given } : given
    checkSource(scope, name, source, nowSeconds, wrong)
    checkRetention(name, source.stream, props, wrong)
    return {
      name,
      stream: source.stream,
      own: false,
      startingPosition: source.startingPosition ?? lambda.StartingPosition.TRIM_HORIZON,
      startingPositionTimestamp: source.startingPositionTimestamp,
    }
  })

  const seen = new Map<string, string>()
  for (const { name, stream } of streams) {
    const arn = JSON.stringify(Stack.of(scope).resolve(stream.streamArn))
    const other = seen.get(arn)
    if (other !== undefined)
      throw wrong(
        `'${other}' and '${name}' are one stream, ${stream.node.path}: Lambda would deliver each record for one of them only; read it once in the program and use the DStream twice`,
      )
    seen.set(arn, name)
  }
  return streams
}

function onDemand(scope: Construct, name: string, removalPolicy: RemovalPolicy, key: kms.IKey | undefined): kinesis.Stream {
  return new kinesis.Stream(scope, name, {
    streamMode: kinesis.StreamMode.ON_DEMAND,
    removalPolicy,
    ...(key === undefined ? { encryption: kinesis.StreamEncryption.MANAGED } : { encryption: kinesis.StreamEncryption.KMS, encryptionKey: key }),
  })
}

function checkSource(scope: Construct, name: string, source: StreamSource, nowSeconds: number, wrong: (text: string) => MillraceError): void {
  const { stream, startingPosition, startingPositionTimestamp: timestamp } = source
  const { streamArn: arn } = stream
  if (!Token.isUnresolved(arn) && arn.includes('/consumer/')) {
    throw wrong(
      `'${name}' is ${arn}, an enhanced fan-out consumer: Lambda takes KPL aggregates apart there without an index, and a batch cut inside one could not be fenced; give the stream itself`,
    )
  }
  const [region, own] = [stream.env.region, Stack.of(scope).region]
  if (!Token.isUnresolved(region) && !Token.isUnresolved(own) && region !== own)
    throw wrong(`'${name}' is in ${region} and the stack in ${own}: Lambda reads streams of its own region only; deploy the job there`)
  const at = startingPosition === lambda.StartingPosition.AT_TIMESTAMP
  if (at && timestamp === undefined) throw wrong(`'${name}' starts AT_TIMESTAMP but names no time; add startingPositionTimestamp, seconds since the epoch`)
  if (!at && timestamp !== undefined)
    throw wrong(
      `'${name}' has a startingPositionTimestamp but starts at ${startingPosition ?? 'TRIM_HORIZON'}; add startingPosition: AT_TIMESTAMP, or leave the time out`,
    )
  if (timestamp !== undefined && timestamp > nowSeconds)
    throw wrong(`'${name}' starts at ${timestamp}, which lies in the future (now ${nowSeconds}): Lambda refuses it; the value is in seconds, not milliseconds`)
}

/** Log entries must outlive the records, else a record could come back after everybody has forgotten it. */
function checkRetention(name: string, stream: kinesis.IStream, { retention }: StreamingJobProps, wrong: (text: string) => MillraceError): void {
  const resource = stream.node.defaultChild
  const hours = resource instanceof kinesis.CfnStream ? resource.retentionPeriodHours : undefined
  const kept = retention?.toHours({ integral: false }) ?? 30 * 24
  if (hours !== undefined && kept <= hours)
    throw wrong(`'${name}' keeps records for ${hours} h and the job its log for ${kept} h; retention must exceed the streams': raise it, or lower the stream's`)
}
