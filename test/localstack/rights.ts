// What the functions have sent, against what their roles may do.
import { GetRolePolicyCommand, IAMClient, ListRolePoliciesCommand } from '@aws-sdk/client-iam'
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { SentCommand } from './record-commands.ts'

export interface Statement {
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  /** Patterns for partition keys; none: any. */
  readonly leadingKeys: readonly string[] | undefined
}

/** What IAM would ask: may this be done on that? */
export interface Need {
  readonly action: string
  readonly resource: string
  readonly partitionKeys: readonly string[]
}

type OneOrMore = string | readonly string[]
const listOf = (value: OneOrMore): readonly string[] => (typeof value === 'string' ? [value] : value)

/** Returns the statements of a function's role, as they were deployed. */
export async function policyOf(functionName: string): Promise<readonly Statement[]> {
  const [lambda, iam] = [new LambdaClient({}), new IAMClient({})]
  const { Role = '' } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }))
  const RoleName = Role.slice(Role.lastIndexOf('/') + 1)
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }))
  const statements: Statement[] = []
  for (const PolicyName of PolicyNames) {
    const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
    const { Statement: all } = JSON.parse(decodeURIComponent(PolicyDocument)) as {
      readonly Statement: readonly {
        readonly Effect: string
        readonly Action: OneOrMore
        readonly Resource: OneOrMore
        readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore>>>>
      }[]
    }
    for (const { Effect, Action, Resource, Condition } of all) {
      const keys = Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys']
      // A condition that is not understood here must not count as fulfilled.
      if (Effect !== 'Allow' || Object.keys(Condition ?? {}).length !== (keys === undefined ? 0 : 1))
        throw new Error(`policy ${PolicyName}: cannot judge ${JSON.stringify({ Effect, Condition })}`)
      statements.push({ actions: listOf(Action), resources: listOf(Resource), leadingKeys: keys === undefined ? undefined : listOf(keys) })
    }
  }
  return statements
}

const PUT = 's3:PutObject'
const ACTIONS: Readonly<Record<string, string>> = {
  PutItemCommand: 'dynamodb:PutItem',
  GetItemCommand: 'dynamodb:GetItem',
  BatchGetItemCommand: 'dynamodb:BatchGetItem',
  UpdateItemCommand: 'dynamodb:UpdateItem',
  QueryCommand: 'dynamodb:Query',
  PutObjectCommand: PUT,
  CreateMultipartUploadCommand: PUT,
  UploadPartCommand: PUT,
  CompleteMultipartUploadCommand: PUT,
  AbortMultipartUploadCommand: 's3:AbortMultipartUpload',
  GetObjectCommand: 's3:GetObject',
  CopyObjectCommand: PUT,
  DeleteObjectsCommand: 's3:DeleteObject',
  ListObjectsV2Command: 's3:ListBucket',
  SendMessageCommand: 'sqs:SendMessage',
}

/** Returns what a command needs. Account and region are LocalStack's own. */
export function needsOf({ command, names }: SentCommand): readonly Need[] {
  const action = ACTIONS[command]
  if (action === undefined) throw new Error(`no action is known for ${command}`)
  const {
    table,
    partitionKeys = [],
    bucket,
    keys = [],
    from,
    queueUrl,
  } = names as {
    readonly table?: string
    readonly partitionKeys?: readonly string[]
    readonly bucket?: string
    readonly keys?: readonly string[]
    readonly from?: string
    readonly queueUrl?: string
  }
  if (table !== undefined) return [{ action, resource: `arn:aws:dynamodb:us-east-1:000000000000:table/${table}`, partitionKeys }]
  if (queueUrl !== undefined)
    return [{ action, resource: `arn:aws:sqs:us-east-1:000000000000:${queueUrl.slice(queueUrl.lastIndexOf('/') + 1)}`, partitionKeys: [] }]
  if (action === 's3:ListBucket') return [{ action, resource: `arn:aws:s3:::${bucket}`, partitionKeys: [] }]
  return [
    ...keys.map((key) => ({ action, resource: `arn:aws:s3:::${bucket}/${key}`, partitionKeys: [] })),
    ...(from === undefined ? [] : [{ action: 's3:GetObject', resource: `arn:aws:s3:::${decodeURIComponent(from)}`, partitionKeys: [] }]),
  ]
}

export function isAllowed(statement: Statement, { action, resource, partitionKeys }: Need): boolean {
  return (
    statement.actions.includes(action) &&
    statement.resources.some((pattern) => like(pattern, resource)) &&
    partitionKeys.every((key) => statement.leadingKeys === undefined || statement.leadingKeys.some((pattern) => like(pattern, key)))
  )
}

function like(pattern: string, text: string): boolean {
  const quoted = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${quoted.join('.*')}$`, 's').test(text)
}
