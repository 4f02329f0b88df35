// With this as `wrap`, the functions write a line for every command that they send to AWS: what it was, and on what.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { Ports } from '../../lib/runtime/runtime.ts'

/** A command as it was sent. */
export interface SentCommand {
  readonly event: 'sent'
  /** DynamoDBClient, S3Client or SQSClient. */
  readonly client: string
  /** E.g. PutItemCommand. */
  readonly command: string
  /** What it names: table, partition keys, bucket, keys, queue. */
  readonly names: Readonly<Record<string, unknown>>
}

interface Recordable {
  readonly middlewareStack: { add(middleware: unknown, options: { step: 'initialize'; name: string }): void }
}

export function wrap(ports: Ports): Ports {
  return ports
}

// The handler makes its clients when its module is loaded, which is after this one.
for (const { prototype } of [DynamoDBClient, S3Client, SQSClient]) {
  const { send } = prototype as unknown as { send: (...args: unknown[]) => unknown }
  const recorded = new WeakSet<Recordable>()
  Object.assign(prototype, {
    send(this: Recordable, ...args: unknown[]): unknown {
      if (!recorded.has(this)) {
        recorded.add(this)
        this.middlewareStack.add(record, { step: 'initialize', name: 'recordCommands' })
      }
      return send.apply(this, args)
    },
  })
}

function record(
  next: (args: unknown) => unknown,
  { clientName, commandName }: { readonly clientName: string; readonly commandName: string },
): (args: { readonly input: object }) => unknown {
  return (args) => {
    const line: SentCommand = { event: 'sent', client: clientName, command: commandName, names: namesIn(args.input) }
    process.stdout.write(`${JSON.stringify(line)}\n`)
    return next(args)
  }
}

/** Without bytes and values: only names. */
function namesIn(input: object): Record<string, unknown> {
  const { TableName, Key, Item, RequestItems, ExpressionAttributeValues, Bucket, CopySource, Prefix, Delete, QueueUrl } = input as Record<string, unknown>
  const pk = (item: unknown): unknown => (item as { readonly pk?: { readonly S?: string } } | undefined)?.pk?.S
  const tables = Object.entries((RequestItems ?? {}) as Record<string, { readonly Keys?: readonly unknown[] }>)
  const asked = (ExpressionAttributeValues as { readonly ':pk'?: { readonly S?: string } } | undefined)?.[':pk']?.S
  const found = {
    table: TableName ?? tables[0]?.[0],
    partitionKeys: [pk(Key), pk(Item), asked, ...tables.flatMap(([, { Keys = [] }]) => Keys.map(pk))].filter((key) => key !== undefined),
    bucket: Bucket,
    keys: [
      ...(typeof Key === 'string' ? [Key] : []),
      ...((Delete as { readonly Objects?: readonly { readonly Key?: string }[] } | undefined)?.Objects ?? []).map((one) => one.Key),
    ],
    from: CopySource,
    prefix: Prefix,
    queueUrl: QueueUrl,
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)))
}
