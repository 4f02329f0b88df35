// Tables of S3 objects and of a DynamoDB table, loaded as a function loads them.
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, PutItemCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import { CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { csvTable, dynamoTable } from '../../lib/tables/index.ts'

const dynamo = new DynamoDBClient({})
const s3 = new S3Client({})
const name = `millrace-tables-${Date.now()}`
/** More than a page of a scan, which is 1 MB. */
const ITEMS = 300
const filler = 'x'.repeat(8_000)

beforeAll(async () => {
  await s3.send(new CreateBucketCommand({ Bucket: name }))
  await s3.send(new PutObjectCommand({ Bucket: name, Key: 'a folder/plans.csv', Body: 'user,n\nann,1\nbob,\n' }))
  await dynamo.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'N' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  )
  await waitUntilTableExists({ client: dynamo, maxWaitTime: 60 }, { TableName: name })
  for (let i = 0; i < ITEMS; i++)
    await dynamo.send(
      new PutItemCommand({
        TableName: name,
        Item: {
          id: { N: String(i) },
          filler: { S: filler },
          ...(i > 0 && { raw: { B: Uint8Array.of(i % 256) }, at: { S: '2026-01-31T10:00:00Z' }, more: { M: { list: { L: [{ N: '1.5' }] } } } }),
        },
      }),
    )
})

afterAll(async () => {
  await dynamo.send(new DeleteTableCommand({ TableName: name }))
  await s3.send(new DeleteObjectCommand({ Bucket: name, Key: 'a folder/plans.csv' }))
  await s3.send(new DeleteBucketCommand({ Bucket: name }))
})

it('csvTable reads an object of S3', async () => {
  const options = { key: 'user', columns: { user: 'text', n: 'integer' } } as const
  expect(await csvTable(`s3://${name}/a folder/plans.csv`, options)()).toEqual([
    ['ann', { user: 'ann', n: 1 }],
    ['bob', { user: 'bob', n: null }],
  ])
  await expect(csvTable(`s3://${name}/none.csv`, options)()).rejects.toThrow(/csvTable 's3:.*none\.csv' cannot be read: S3 says NoSuchKey/)
})

it('dynamoTable reads all of a table, also over several pages', async () => {
  const columns = { id: 'integer', filler: 'text', raw: 'blob', at: 'timestamp', more: 'json' } as const
  const found = new Map(await dynamoTable(name, { key: 'id', columns })())
  expect([...found.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: ITEMS }, (_, i) => i))
  expect(found.get(0)).toEqual({ id: 0, filler, raw: null, at: null, more: null })
  expect(found.get(299)).toEqual({ id: 299, filler, raw: Uint8Array.of(43), at: new Date('2026-01-31T10:00:00Z'), more: { list: [1.5] } })
  await expect(dynamoTable(`${name}-none`, { key: 'id', columns })()).rejects.toThrow('DynamoDB says ResourceNotFoundException')
})
