// What the adapters do where a service throttles, answers in part, or falls silent: LocalStack does none of it.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { afterEach, describe, expect, test } from 'vitest'
import { CLIENT_OPTIONS } from '../../lib/aws/client-options.ts'
import { DynamoLog } from '../../lib/aws/dynamo-log.ts'
import { DynamoProgress } from '../../lib/aws/dynamo-progress.ts'
import { PART_BYTES } from '../../lib/aws/put-multipart.ts'
import { S3Objects } from '../../lib/aws/s3-objects.ts'
import { SqsMessages } from '../../lib/aws/sqs-messages.ts'
import { stubService, type StubAnswer, type StubRequest, type StubService } from './stub-service.ts'

let service: StubService
afterEach(() => service.close())

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const key = { log: 'batch', n: 7 }
const failure = (status: number, type: string, more: object = {}): StubAnswer => ({
  status,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: type, ...more },
})
const THROTTLED = failure(400, 'ProvisionedThroughputExceededException')
const there = (text: string): StubAnswer =>
  failure(400, 'ConditionalCheckFailedException', { Item: { pk: { S: 'job#batch' }, sk: { S: '000000000007' }, b: { B: base64(text) } } })

async function log(answer: (request: StubRequest, n: number) => StubAnswer): Promise<DynamoLog> {
  service = await stubService(answer)
  return new DynamoLog({ client: new DynamoDBClient(service.options), table: 'table', app: 'job' })
}

describe('the log on DynamoDB', () => {
  test.each<[string, StubAnswer[], string | null, number]>([
    ['a put is one request', [{ body: {} }], null, 1],
    ['a put that is throttled is sent again', [THROTTLED, { body: {} }], null, 2],
    ['so is one that met an internal error', [failure(500, 'InternalServerError'), { body: {} }], null, 2],
    ['an entry that is there comes back with the refusal: no read', [there('theirs')], 'theirs', 1],
    ["the SDK's own retry may meet the entry that its first try has put", [failure(500, 'InternalServerError'), there('mine')], 'mine', 2],
    ['a refusal without the item is read', [failure(400, 'ConditionalCheckFailedException'), { body: { Item: { b: { B: base64('theirs') } } } }], 'theirs', 2],
  ])('%s', async (_name, answers, expected, requests) => {
    const put = (await log((_, n) => answers[n] ?? 'hang')).put(key, bytes('mine'), { expiresAtMs: null })
    expect(await put).toEqual(expected === null ? null : bytes(expected))
    expect(service.requests).toHaveLength(requests)
  })

  test('a refused entry that then is not there is an error', async () => {
    const put = (await log((_, n) => (n === 0 ? failure(400, 'ConditionalCheckFailedException') : { body: {} }))).put(key, bytes('mine'), { expiresAtMs: null })
    await expect(put).rejects.toThrow(expect.objectContaining({ code: 'STORE_FAILED' }))
  })

  test('throttled five times is an error that names itself', async () => {
    const put = (await log(() => THROTTLED)).put(key, bytes('mine'), { expiresAtMs: null })
    await expect(put).rejects.toThrow(expect.objectContaining({ name: 'ProvisionedThroughputExceededException' }))
    expect(service.requests).toHaveLength(CLIENT_OPTIONS.maxAttempts)
  })

  type Keys = readonly { readonly pk: { readonly S: string }; readonly sk: { readonly S: string } }[]
  const asked = (body: string): Keys => (JSON.parse(body) as { readonly RequestItems: { readonly table: { readonly Keys: Keys } } }).RequestItems.table.Keys
  const answered = (keys: Keys, left: Keys): StubAnswer => ({
    body: {
      Responses: { table: keys.map((one) => ({ ...one, b: { B: base64(`entry ${Number(one.sk.S)}`) } })) },
      UnprocessedKeys: left.length === 0 ? {} : { table: { Keys: left } },
    },
  })
  const keys = Array.from({ length: 150 }, (_, n) => ({ log: 'batch', n }))

  test('what BatchGetItem leaves out is asked for again, and only that', async () => {
    // It answers a third of what it is asked for, at least one.
    const reads = await log(({ body }) => {
      const all = asked(body)
      const part = Math.ceil(all.length / 3)
      return answered(all.slice(0, part), all.slice(part))
    })
    const found = await reads.getMany(keys.slice(0, 8), { consistent: true })
    expect(found).toEqual(keys.slice(0, 8).map(({ n }) => bytes(`entry ${n}`)))
    expect(service.requests.map(({ body }) => asked(body).length)).toEqual([8, 5, 3, 2, 1])
  })

  test('more than a hundred keys go in pages, each key once', async () => {
    const reads = await log(({ body }) => answered(asked(body), []))
    expect(await reads.getMany([...keys, ...keys], { consistent: false })).toEqual([...keys, ...keys].map(({ n }) => bytes(`entry ${n}`)))
    expect(service.requests.map(({ body }) => asked(body).length).sort()).toEqual([100, 50])
  })
})

test('an update of progress that lost says so, and one that is throttled is sent again', async () => {
  service = await stubService((_, n) => (n === 0 ? THROTTLED : failure(400, 'ConditionalCheckFailedException')))
  const progress = new DynamoProgress({ client: new DynamoDBClient(service.options), table: 'table', app: 'job' })
  expect(await progress.add(3, { names: ['a/0'], attributes: {}, atMs: 2, ifAtMs: 1, expiresAtMs: null })).toBeNull()
  expect(service.requests).toHaveLength(2)
})

test('a message that is throttled is sent again', async () => {
  service = await stubService((_, n) =>
    n === 0
      ? { status: 400, headers: { 'x-amzn-query-error': 'RequestThrottled;Sender' }, body: { __type: 'com.amazonaws.sqs#RequestThrottled' } }
      : { body: { MessageId: '1' } },
  )
  await new SqsMessages(new SQSClient({ ...service.options, md5: false }), { ticks: `${service.options.endpoint}/1/ticks`, tasks: undefined }).send(
    { kind: 'tick' },
    1_500,
  )
  expect(service.requests.map(({ body }) => (JSON.parse(body) as { readonly DelaySeconds: number }).DelaySeconds)).toEqual([2, 2])
})

describe('objects on S3', () => {
  const slow: StubAnswer = { status: 503, body: '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>' }
  const objects = async (answer: (request: StubRequest, n: number) => StubAnswer): Promise<S3Objects> => {
    service = await stubService(answer)
    return new S3Objects(new S3Client({ ...service.options, forcePathStyle: true }), 'bucket')
  }
  /** Multipart as S3 does it, but for parts that are refused. */
  const multipart =
    (refused: number | undefined, tries = Infinity) =>
    ({ operation, query }: StubRequest): StubAnswer => {
      if (operation === 'POST /bucket/large' && query.has('uploads'))
        return { body: '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>' }
      if (operation === 'PUT /bucket/large' && Number(query.get('partNumber')) === refused && tries-- > 0) return slow
      if (operation === 'PUT /bucket/large') return { headers: { etag: `"part ${query.get('partNumber')}"` } }
      if (operation === 'POST /bucket/large') return { body: '<CompleteMultipartUploadResult><ETag>"all"</ETag></CompleteMultipartUploadResult>' }
      return { status: 204 }
    }
  const large = Buffer.alloc(2 * PART_BYTES + 1)

  test('a put that is told to slow down is sent again', async () => {
    await (await objects((_, n) => (n === 0 ? slow : {}))).put('small', bytes('x'))
    expect(service.requests.map(({ operation }) => operation)).toEqual(['PUT /bucket/small', 'PUT /bucket/small'])
  })

  test('a large object goes in parts, and a part that is refused is sent again', async () => {
    await (await objects(multipart(2, 1))).put('large', large)
    const parts = service.requests.filter(({ operation }) => operation.startsWith('PUT')).map(({ query, body }) => [query.get('partNumber'), body.length])
    expect(parts.sort()).toEqual([
      ['1', PART_BYTES],
      ['2', PART_BYTES],
      ['2', PART_BYTES],
      ['3', 1],
    ])
    const done = service.requests.at(-1)
    expect([...(done?.body ?? '').matchAll(/<PartNumber>(\d)<\/PartNumber>/g)].map(([, n]) => n)).toEqual(['1', '2', '3'])
    expect(done?.body).toContain('part 3')
  })

  test('a large object with a part that keeps being refused is taken back', async () => {
    await expect((await objects(multipart(3))).put('large', large)).rejects.toThrow(expect.objectContaining({ name: 'SlowDown' }))
    expect(service.requests.at(-1)?.operation).toBe('DELETE /bucket/large')
    expect(service.requests.at(-1)?.query.get('uploadId')).toBe('u1')
    expect(service.requests.some(({ body }) => body.includes('CompleteMultipartUpload'))).toBe(false)
  })

  test('a delete that succeeds for some keys only is an error that names one', async () => {
    const answer = { body: '<DeleteResult><Error><Key>b</Key><Code>InternalError</Code><Message>no luck</Message></Error></DeleteResult>' }
    await expect((await objects(() => answer)).delete(['a', 'b'])).rejects.toThrow('did not delete b: InternalError no luck')
  })
})

describe('connections', () => {
  test('are kept and used again', async () => {
    const reads = await log(() => ({ body: {} }))
    for (let n = 0; n < 5; n++) await reads.get({ log: 'batch', n }, { consistent: true })
    expect(service.requests).toHaveLength(5)
    expect(service.connections()).toBe(1)
  })

  test('a service that falls silent is left, and asked again on another connection', async () => {
    service = await stubService((_, n) => (n === 0 ? 'hang' : { body: {} }))
    // The functions' options, but for the time: whether it throws at all is theirs.
    const client = new DynamoDBClient({ ...service.options, requestHandler: { ...CLIENT_OPTIONS.requestHandler, requestTimeout: 50, socketTimeout: 0 } })
    expect(await new DynamoLog({ client, table: 'table', app: 'job' }).get(key, { consistent: true })).toBeNull()
    expect([service.requests.length, service.connections()]).toEqual([2, 2])
  })
})
