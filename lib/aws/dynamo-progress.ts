import { ConditionalCheckFailedException, GetItemCommand, UpdateItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Progress, ProgressItem, ProgressUpdate, ProgressValue } from '../runtime/ports/progress.ts'
import { sortKey, type DynamoTable } from './dynamo-log.ts'

/** Attributes of the engine begin with this: no name of theirs is one of the item's own. */
const OWN = 'x/'

/** Progress in the logs' table: one item per batch under `pk` = app#progress, names in the string set `names`, the time in `at`. */
export class DynamoProgress implements Progress {
  readonly #to: DynamoTable

  constructor(to: DynamoTable) {
    this.#to = to
  }

  async get(batch: number): Promise<ProgressItem | null> {
    const { client, table } = this.#to
    const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: this.#key(batch), ConsistentRead: true }))
    return Item === undefined ? null : itemOf(Item)
  }

  async add(batch: number, { names, attributes, atMs, ifAtMs, expiresAtMs }: ProgressUpdate): Promise<ProgressItem | null> {
    const { client, table } = this.#to
    const entries = Object.entries(attributes)
    const sets = ['#at = :at', ...entries.map((_, i) => `#a${i} = :a${i}`), ...(expiresAtMs === null ? [] : ['#ttl = :ttl'])]
    try {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName: table,
          Key: this.#key(batch),
          UpdateExpression: `SET ${sets.join(', ')}${names.length === 0 ? '' : ' ADD #names :names'}`,
          ...(ifAtMs === undefined ? {} : { ConditionExpression: ifAtMs === 0 ? 'attribute_not_exists(pk)' : '#at = :if' }),
          ExpressionAttributeNames: {
            '#at': 'at',
            ...(names.length === 0 ? {} : { '#names': 'names' }),
            ...(expiresAtMs === null ? {} : { '#ttl': 'ttl' }),
            ...Object.fromEntries(entries.map(([name], i) => [`#a${i}`, `${OWN}${name}`])),
          },
          ExpressionAttributeValues: {
            ':at': { N: String(atMs) },
            ...(names.length === 0 ? {} : { ':names': { SS: [...new Set(names)] } }),
            ...(expiresAtMs === null ? {} : { ':ttl': { N: String(Math.ceil(expiresAtMs / 1000)) } }),
            ...(ifAtMs === undefined || ifAtMs === 0 ? {} : { ':if': { N: String(ifAtMs) } }),
            ...Object.fromEntries(entries.map(([, value], i) => [`:a${i}`, attributeOf(value)])),
          },
          ReturnValues: 'ALL_NEW',
        }),
      )
      return itemOf(Attributes ?? {})
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return null
      throw error
    }
  }

  #key(batch: number): Record<string, AttributeValue> {
    return { pk: { S: `${this.#to.app}#progress` }, sk: { S: sortKey(batch) } }
  }
}

function attributeOf(value: ProgressValue): AttributeValue {
  return value === null ? { NULL: true } : typeof value === 'number' ? { N: String(value) } : { S: value }
}

function itemOf(item: Record<string, AttributeValue>): ProgressItem {
  const own = Object.entries(item).filter(([name]) => name.startsWith(OWN))
  return {
    names: new Set(item['names']?.SS ?? []),
    attributes: new Map(own.map(([name, value]) => [name.slice(OWN.length), value.N !== undefined ? Number(value.N) : (value.S ?? null)])),
    atMs: Number(item['at']?.N ?? 0),
  }
}
