import {
  Duration,
  Names,
  RemovalPolicy,
  aws_iam as iam,
  aws_lambda as lambda,
  aws_lambda_nodejs as nodejs,
  aws_logs as logs,
  type aws_ec2 as ec2,
} from 'aws-cdk-lib'
import { Construct } from 'constructs'
import { bundle, type JobFunction } from './bundle.ts'
import { DEFAULT_MEMORY_MB, RECEIVE_TIMEOUT_SECONDS, RUN_TIMEOUT_SECONDS } from './limits.ts'
import { vpcRights } from './rights.ts'
import { suppress } from './suppress.ts'

export interface JobFunctionOptions {
  readonly entry: string
  readonly kind: JobFunction
  readonly description: string
  readonly environment: Readonly<Record<string, string>>
  readonly rights: readonly iam.PolicyStatement[]
  readonly memorySize: number | undefined
  readonly vpc: ec2.IVpc | undefined
}

/** One of a job's two functions, with a role and a log group of its own. */
export interface MadeFunction {
  readonly handler: nodejs.NodejsFunction
  readonly role: iam.Role
}

/** Returns a function of the job. Its role may do what `rights` say and write its own log, nothing else. */
export function makeFunction(scope: Construct, id: 'Receive' | 'Run', options: JobFunctionOptions): MadeFunction {
  const { kind, rights, vpc } = options
  const parent = new Construct(scope, id)
  const logGroup = new logs.LogGroup(parent, 'Logs', { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY })
  const role = new iam.Role(parent, 'Role', {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    description: `${options.description} (${Names.nodeUniqueId(scope.node)})`,
  })
  const writeLog = new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] })
  const policy = new iam.Policy(parent, 'Policy', { statements: [...rights, writeLog, ...(vpc === undefined ? [] : [vpcRights()])], roles: [role] })
  suppress(policy, {
    id: 'AwsSolutions-IAM5',
    reason: `Wildcards stand for objects under the prefixes that the engine and the program's outputs use${vpc === undefined ? '' : ', and for network interfaces, for which EC2 takes no resource'}.`,
  })

  const handler = new nodejs.NodejsFunction(parent, 'Function', {
    description: options.description,
    code: bundle(options.entry, kind),
    handler: 'index.handler',
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    memorySize: options.memorySize ?? DEFAULT_MEMORY_MB,
    timeout: Duration.seconds(kind === 'receive' ? RECEIVE_TIMEOUT_SECONDS : RUN_TIMEOUT_SECONDS),
    // Errors of the program name its file and line, and not the bundle's.
    environment: { NODE_OPTIONS: '--enable-source-maps', ...options.environment },
    role,
    logGroup,
    ...(vpc === undefined ? {} : { vpc }),
    // Finishing a batch may send the next tick, each for a later batch, so it ends; Lambda would stop a chain after 16.
    ...(kind === 'run' ? { recursiveLoop: lambda.RecursiveLoop.ALLOW } : {}),
  })
  handler.node.addDependency(policy) // the event source mapping must find the rights
  return { handler, role }
}
