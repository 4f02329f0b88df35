// DynamoDB, S3 and SQS in memory, behind the SDK's own clients: what the adapters send arrives here as HTTP requests, is answered, and is counted as AWS bills it.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { DynamoDBClient, type AttributeValue } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { itemBytes, readUnits, writeUnits, type Item } from './capacity.ts'
import { S3Wire } from './s3-wire.ts'
import type { Bill, WireRequest, WireResponse } from './wire.ts'

type Json = Readonly<Record<string, unknown>>
type WireItem = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** Three services, their clients, and the bill. */
export class AwsWire {
  readonly bill: Bill = { writeUnits: 0, readUnits: 0, dynamoRequests: 0, failedPuts: 0, s3Puts: 0, s3Gets: 0, sqsSends: 0 }
  readonly dynamo: DynamoDBClient
  readonly s3: S3Client
  readonly sqs: SQSClient
  /** Told of every message that is sent. */
  onMessage: (body: string, delaySeconds: number) => void = () => {}
  readonly #tables = new Map<string, Map<string, WireItem>>()
  readonly #objects = new Map<string, Buffer>()
  readonly #s3 = new S3Wire(this.#objects, this.bill)

  /** `from`: stores that this one begins with the content of. */
  constructor(from?: AwsWire) {
    if (from !== undefined) {
      for (const [name, items] of from.#tables) this.#tables.set(name, new Map(items))
      for (const [path, bytes] of from.#objects) this.#objects.set(path, bytes)
    }
    const options = {
      region: 'us-east-1',
      credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
      requestHandler: {
        handle: async (request: unknown) => {
          const asked = request as WireRequest
          return { response: this.answer(asked, await bytesOf(asked.body)) }
        },
      },
    }
    this.dynamo = new DynamoDBClient(options)
    this.s3 = new S3Client({ ...options, forcePathStyle: true })
    this.sqs = new SQSClient(options)
  }

  /** Answers a request of any of the three, which its headers tell apart. */
  answer(request: WireRequest, body: Buffer): WireResponse {
    const [service = ''] = (request.headers['x-amz-target'] ?? '').split('.')
    if (service.startsWith('DynamoDB')) return this.#dynamo(request, body)
    return service === 'AmazonSQS' ? this.#sqs(body) : this.#s3.answer(request, body)
  }

  /** Returns an object without a request. */
  object(bucket: string, key: string): Uint8Array | null {
    return this.#objects.get(`/${bucket}/${key}`) ?? null
  }

  /** Returns all objects, by the paths of their requests. */
  objects(): Iterable<readonly [path: string, bytes: Uint8Array]> {
    return this.#objects
  }

  /** Returns the bytes of each log entry that there is, by log: its item's. */
  entryBytes(): ReadonlyMap<string, readonly number[]> {
    const sizes = new Map<string, number[]>()
    for (const table of this.#tables.values()) {
      for (const item of table.values()) {
        const log = String(item['pk']?.['S'])
        sizes.set(log, [...(sizes.get(log) ?? []), itemBytes(attributes(item))])
      }
    }
    return sizes
  }

  #dynamo({ headers }: WireRequest, body: Buffer): WireResponse {
    this.bill.dynamoRequests++
    const input = JSON.parse(body.toString()) as Json
    const [, operation] = (headers['x-amz-target'] ?? '').split('.')
    switch (operation) {
      case 'PutItem':
        return this.#put(input)
      case 'UpdateItem':
        return this.#update(input)
      case 'GetItem': {
        const item = this.#table(input['TableName']).get(keyOf(input['Key'] as WireItem))
        this.bill.readUnits += readUnits(attributes(item), input['ConsistentRead'] === true)
        return json(item === undefined ? {} : { Item: item })
      }
      case 'BatchGetItem': {
        const asked = Object.entries(input['RequestItems'] as Record<string, { readonly Keys: readonly WireItem[]; readonly ConsistentRead?: boolean }>)
        const answers = asked.map(([table, { Keys, ConsistentRead }]) => {
          const items = Keys.map((key) => this.#table(table).get(keyOf(key)))
          for (const item of items) this.bill.readUnits += readUnits(attributes(item), ConsistentRead === true)
          return [table, items.filter((item) => item !== undefined)] as const
        })
        return json({ Responses: Object.fromEntries(answers), UnprocessedKeys: {} })
      }
      case 'Query': {
        const pk = (input['ExpressionAttributeValues'] as WireItem)[':pk']?.['S']
        const items = [...this.#table(input['TableName']).values()].filter((item) => item['pk']?.['S'] === pk)
        const newest = items.reduce<WireItem | undefined>((a, b) => (a === undefined || String(b['sk']?.['S']) > String(a['sk']?.['S']) ? b : a), undefined)
        this.bill.readUnits += readUnits(attributes(newest), input['ConsistentRead'] === true)
        return json({ Items: newest === undefined ? [] : [newest], Count: newest === undefined ? 0 : 1 })
      }
      default:
        throw new Error(`DynamoDB's ${operation} is not answered here`)
    }
  }

  #put(input: Json): WireResponse {
    const table = this.#table(input['TableName'])
    const item = input['Item'] as WireItem
    const there = table.get(keyOf(item))
    if (input['ConditionExpression'] !== 'attribute_not_exists(pk)') throw new Error('a put without the one condition that the logs have')
    this.bill.writeUnits += writeUnits(attributes(there ?? item))
    if (there === undefined) {
      table.set(keyOf(item), item)
      return json({})
    }
    this.bill.failedPuts++
    return refused(there)
  }

  #update(input: Json): WireResponse {
    const table = this.#table(input['TableName'])
    const key = input['Key'] as WireItem
    const before = table.get(keyOf(key))
    const names = input['ExpressionAttributeNames'] as Readonly<Record<string, string>>
    const values = (input['ExpressionAttributeValues'] ?? {}) as WireItem
    const condition = input['ConditionExpression']
    const holds = condition === undefined || (condition === '#at = :if' ? before?.['at']?.['N'] === values[':if']?.['N'] : before === undefined)
    if (!holds) {
      this.bill.writeUnits += writeUnits(...(before === undefined ? [] : [attributes(before)]))
      return refused(before)
    }
    const [sets = '', adds] = String(input['UpdateExpression']).replace(/^SET /, '').split(' ADD ')
    const next: Record<string, Readonly<Record<string, unknown>>> = { ...key, ...before }
    for (const set of sets.split(', ')) {
      const [name = '', value = ''] = set.split(' = ')
      next[names[name] ?? name] = values[value] ?? {}
    }
    if (adds !== undefined) {
      const [name = '', value = ''] = adds.split(' ')
      const had = (before?.[names[name] ?? name]?.['SS'] ?? []) as readonly string[]
      next[names[name] ?? name] = { SS: [...new Set([...had, ...((values[value]?.['SS'] ?? []) as readonly string[])])] }
    }
    table.set(keyOf(key), next)
    this.bill.writeUnits += writeUnits(...(before === undefined ? [] : [attributes(before)]), attributes(next))
    return json({ Attributes: next })
  }

  #table(name: unknown): Map<string, WireItem> {
    const table = this.#tables.get(String(name)) ?? new Map<string, WireItem>()
    this.#tables.set(String(name), table)
    return table
  }

  #sqs(body: Buffer): WireResponse {
    const { MessageBody, DelaySeconds } = JSON.parse(body.toString()) as { readonly MessageBody: string; readonly DelaySeconds?: number }
    this.bill.sqsSends++
    this.onMessage(MessageBody, DelaySeconds ?? 0)
    return json({ MessageId: 'm', MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') })
  }
}

function keyOf(item: WireItem): string {
  return `${String(item['pk']?.['S'])} ${String(item['sk']?.['S'])}`
}

/** Returns an item as the SDK has it: bytes are text on the wire. */
function attributes(item: WireItem): Item
function attributes(item: WireItem | undefined): Item | undefined
function attributes(item: WireItem | undefined): Item | undefined {
  if (item === undefined) return undefined
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      (typeof value['B'] === 'string' ? { B: Buffer.from(value['B'], 'base64') } : value) as unknown as AttributeValue,
    ]),
  )
}

function json(output: Json, statusCode = 200): WireResponse {
  return { statusCode, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: Readable.from([Buffer.from(JSON.stringify(output))]) }
}

function refused(there: WireItem | undefined): WireResponse {
  return json(
    { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException', message: 'The conditional request failed', ...(there && { Item: there }) },
    400,
  )
}

async function bytesOf(body: unknown): Promise<Buffer> {
  if (body === undefined || body === null) return Buffer.alloc(0)
  if (typeof body === 'string') return Buffer.from(body)
  if (body instanceof Uint8Array) return Buffer.from(body)
  const chunks: Buffer[] = []
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
