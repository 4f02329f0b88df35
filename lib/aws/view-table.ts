import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  type DynamoDBClientConfig,
  DynamoDBServiceException,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { SinkBatch } from '../dstream/sink.ts'
import { MillraceError } from '../values/errors.ts'
import { CLIENT_OPTIONS } from './client-options.ts'

/** Updates on their way at once; of 50 connections that a client holds. */
const AT_ONCE = 25
/** A key that left the view is remembered for a day: what a process that was paused might bring back is no older. */
const REMEMBERED_S = 86_400

interface ViewTableOptions {
  /** For errors. */
  readonly who: string
  readonly table: string
  readonly keyAttribute: string
  /** Names of what an item has besides its values: its run, batch time and, of a deleted one, when it goes. */
  readonly run: string
  readonly time: string
  readonly expires: string
  /** What the SDK's client takes besides. */
  readonly client: DynamoDBClientConfig
}

/** A row of a batch: its values, or the attributes that go. */
export type ViewRow =
  | { readonly key: object; readonly values: readonly (readonly [name: string, value: object])[] }
  | { readonly key: object; readonly gone: readonly string[] }

/** A table that holds the newest row of each key. */
export class ViewTable {
  readonly #options: ViewTableOptions
  readonly #client: DynamoDBClient

  constructor(options: ViewTableOptions) {
    this.#options = options
    this.#client = new DynamoDBClient({ ...CLIENT_OPTIONS, ...options.client })
  }

  /** Writes each row unless its item is of this batch or a newer one. Rows have keys of their own. */
  async write(rows: readonly ViewRow[], batch: SinkBatch): Promise<void> {
    let next = 0
    const work = async (): Promise<void> => {
      for (let row = rows[next++]; row !== undefined; row = rows[next++]) {
        batch.signal.throwIfAborted()
        await this.#update(row, batch)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  }

  async #update(row: ViewRow, { run, time, signal }: SinkBatch): Promise<void> {
    const { who, table, keyAttribute, expires } = this.#options
    const names: Record<string, string> = { '#r': this.#options.run, '#t': this.#options.time, '#e': expires }
    const values: Record<string, AttributeValue> = { ':r': { S: run }, ':t': { N: String(time.milliseconds) } }
    const sets = ['#r = :r', '#t = :t']
    const removes: string[] = []
    if ('values' in row) {
      removes.push('#e')
      row.values.forEach(([name, value], i) => {
        names[`#${i}`] = name
        values[`:${i}`] = value as AttributeValue
        sets.push(`#${i} = :${i}`)
      })
    } else {
      sets.push('#e = :e')
      values[':e'] = { N: String(Math.ceil(Date.now() / 1_000) + REMEMBERED_S) }
      row.gone.forEach((name, i) => {
        names[`#${i}`] = name
        removes.push(`#${i}`)
      })
    }
    try {
      await this.#client.send(
        new UpdateItemCommand({
          TableName: table,
          Key: { [keyAttribute]: row.key as AttributeValue },
          UpdateExpression: `SET ${sets.join(', ')}${removes.length === 0 ? '' : ` REMOVE ${removes.join(', ')}`}`,
          ConditionExpression: 'attribute_not_exists(#t) OR #r < :r OR (#r = :r AND #t < :t)',
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: values,
        }),
        { abortSignal: signal },
      )
    } catch (error) {
      // This batch, or a newer one, has been here.
      if (error instanceof ConditionalCheckFailedException) return
      if (!(error instanceof DynamoDBServiceException)) throw error
      throw new MillraceError(
        'STORE_FAILED',
        `${who}: DynamoDB says ${error.name} (${error.message}); the table ${table} must be there with the partition key '${keyAttribute}', and the run function needs dynamodb:UpdateItem for it: table.grant(job, 'dynamodb:UpdateItem')`,
        { cause: error },
      )
    }
  }
}
