import { DynamoDBClient, DynamoDBServiceException, ScanCommand, type AttributeValue } from '@aws-sdk/client-dynamodb'
import { CLIENT_OPTIONS } from './client-options.ts'
import { unreadable } from './unreadable.ts'

/** Returns all items of a DynamoDB table, read strongly, with these attributes alone. `who` wants them, for errors. */
export async function scanTable(who: string, table: string, attributes: readonly string[]): Promise<readonly Record<string, AttributeValue>[]> {
  const client = new DynamoDBClient(CLIENT_OPTIONS)
  const items: Record<string, AttributeValue>[] = []
  let from: Record<string, AttributeValue> | undefined
  try {
    do {
      const page = await client.send(
        new ScanCommand({
          TableName: table,
          ConsistentRead: true,
          ProjectionExpression: attributes.map((_name, i) => `#${i}`).join(', '),
          ExpressionAttributeNames: Object.fromEntries(attributes.map((name, i) => [`#${i}`, name])),
          ...(from !== undefined && { ExclusiveStartKey: from }),
        }),
      )
      items.push(...(page.Items ?? []))
      from = page.LastEvaluatedKey
    } while (from !== undefined)
    return items
  } catch (cause) {
    if (!(cause instanceof DynamoDBServiceException)) throw cause
    throw unreadable(who, 'DynamoDB', cause, "The table must be there, and the job's functions need dynamodb:Scan for it: table.grantReadData(job)")
  } finally {
    client.destroy()
  }
}
