import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { MillraceError } from '../values/errors.ts'
import type { Consistency, Log, LogItem, LogKey } from '../runtime/ports/log.ts'

/** Items of one BatchGetItem: DynamoDB's limit. */
const MAX_KEYS = 100
const MAX_ROUNDS = 10
/** Entry numbers have this many digits, so that their order is that of the strings. */
const DIGITS = 12

export interface DynamoTable {
  readonly client: DynamoDBClient
  readonly table: string
  /** What all keys begin with: the job's name. */
  readonly app: string
}

export function sortKey(n: number): string {
  return String(n).padStart(DIGITS, '0')
}

/** Logs in a table: an entry is one item, `pk` = app#log, `sk` = its number, its bytes in `b`, its time to live in `ttl`. */
export class DynamoLog implements Log {
  readonly #to: DynamoTable

  constructor(to: DynamoTable) {
    this.#to = to
  }

  async put(key: LogKey, bytes: Uint8Array, { expiresAtMs }: { readonly expiresAtMs: number | null }): Promise<Uint8Array | null> {
    const { client, table } = this.#to
    if (!Number.isSafeInteger(key.n) || key.n < 0)
      throw new MillraceError('BAD_VALUE', `entry ${key.n} of log '${key.log}' cannot be put: entries are numbered 0, 1, 2, ...`)
    try {
      await client.send(
        new PutItemCommand({
          TableName: table,
          Item: { ...this.#key(key), b: { B: bytes }, ...(expiresAtMs === null ? {} : { ttl: { N: String(Math.ceil(expiresAtMs / 1000)) } }) },
          ConditionExpression: 'attribute_not_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      )
      return null
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error
      const there = bytesOf(error.Item)
      if (there !== null) return there
      // The answer does not always carry the item (other versions of the service): it exists, so it can be read.
      const read = await this.get(key, { consistent: true })
      if (read === null)
        throw new MillraceError(
          'STORE_FAILED',
          `table ${table} refused entry ${key.n} of log ${key.log} because it exists, and then did not have it; run it again`,
          { cause: error },
        )
      return read
    }
  }

  async get(key: LogKey, { consistent }: Consistency): Promise<Uint8Array | null> {
    const { client, table } = this.#to
    const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: this.#key(key), ConsistentRead: consistent, ProjectionExpression: 'b' }))
    return bytesOf(Item)
  }

  async getMany(keys: readonly LogKey[], { consistent }: Consistency): Promise<readonly (Uint8Array | null)[]> {
    const unique = new Map(keys.map((key) => [nameOf(key), key]))
    const [only] = unique.values()
    if (only === undefined) return []
    const all = [...unique.values()]
    const found = new Map<string, Uint8Array>()
    if (all.length === 1) {
      const bytes = await this.get(only, { consistent })
      if (bytes !== null) found.set(nameOf(only), bytes)
    } else {
      const pages = Array.from({ length: Math.ceil(all.length / MAX_KEYS) }, (_, i) => all.slice(i * MAX_KEYS, (i + 1) * MAX_KEYS))
      await Promise.all(pages.map((page) => this.#getPage(page, consistent, found)))
    }
    return keys.map((key) => found.get(nameOf(key)) ?? null)
  }

  async newest(log: string): Promise<LogItem | null> {
    const { client, table, app } = this.#to
    const { Items } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: `${app}#${log}` } },
        ConsistentRead: true,
        ScanIndexForward: false,
        Limit: 1,
      }),
    )
    const item = Items?.[0]
    const bytes = bytesOf(item)
    return item === undefined || bytes === null ? null : { n: Number(item['sk']?.S), bytes }
  }

  /** BatchGetItem may leave keys out when it is throttled or the answer would be too large: they are asked for again. */
  async #getPage(keys: readonly LogKey[], consistent: boolean, found: Map<string, Uint8Array>): Promise<void> {
    const { client, table, app } = this.#to
    let ask = keys.map((key) => this.#key(key))
    for (let round = 0; ask.length > 0; round++) {
      if (round === MAX_ROUNDS)
        throw new MillraceError(
          'STORE_FAILED',
          `table ${table} left ${ask.length} of ${keys.length} entries unanswered ${MAX_ROUNDS} times: it is throttled; try again later, or raise its limits`,
        )
      if (round > 0) await new Promise((resolve) => setTimeout(resolve, 2 ** round * 10))
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetItemCommand({ RequestItems: { [table]: { Keys: ask, ConsistentRead: consistent } } }),
      )
      for (const item of Responses?.[table] ?? []) {
        const bytes = bytesOf(item)
        if (bytes !== null) found.set(nameOf({ log: item['pk']?.S?.slice(app.length + 1) ?? '', n: Number(item['sk']?.S) }), bytes)
      }
      ask = (UnprocessedKeys?.[table]?.Keys ?? []).map(({ pk, sk }) => ({ pk: { S: pk?.S ?? '' }, sk: { S: sk?.S ?? '' } }))
    }
  }

  #key({ log, n }: LogKey): { readonly pk: { readonly S: string }; readonly sk: { readonly S: string } } {
    return { pk: { S: `${this.#to.app}#${log}` }, sk: { S: sortKey(n) } }
  }
}

function nameOf({ log, n }: LogKey): string {
  return `${n}/${log}`
}

function bytesOf(item: Record<string, AttributeValue> | undefined): Uint8Array | null {
  return item?.['b']?.B ?? null
}
