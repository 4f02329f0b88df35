import { KinesisClient } from '@aws-sdk/client-kinesis'
import { describe, expect, it } from 'vitest'
import { kinesisShards } from '../../lib/aws/kinesis-shards.ts'
import { STUB_CONFIG, stubHttp, type StubAnswer, type StubRequest } from './stub-http.ts'

const ARN = 'arn:aws:kinesis:us-east-1:111122223333:stream/lines'
const answering = (answer: (request: StubRequest) => StubAnswer): { readonly asked: StubRequest[]; readonly client: () => KinesisClient } => {
  const asked: StubRequest[] = []
  const handler = stubHttp((request) => {
    asked.push(request)
    return answer(request)
  })
  return { asked, client: () => new KinesisClient({ ...STUB_CONFIG, requestHandler: handler }) }
}

describe('the shards of a stream', () => {
  it('are those of all pages, each with its parents', async () => {
    const { asked, client } = answering(({ body }) =>
      body['NextToken'] === undefined
        ? { body: { Shards: [{ ShardId: 'a' }, { ShardId: 'b' }], NextToken: 'more' } }
        : {
            body: {
              Shards: [
                { ShardId: 'c', ParentShardId: 'a', AdjacentParentShardId: 'b' },
                { ShardId: 'd', ParentShardId: 'gone' },
              ],
            },
          },
    )
    expect(await kinesisShards({ lines: ARN }, client).list('lines')).toEqual([
      { shard: 'a', parents: [] },
      { shard: 'b', parents: [] },
      { shard: 'c', parents: ['a', 'b'] },
      { shard: 'd', parents: ['gone'] },
    ])
    expect(asked.map(({ operation, body }) => [operation, body['StreamARN']])).toEqual([
      ['ListShards', ARN],
      ['ListShards', ARN],
    ])
  })

  it('are asked for once: what is refused is not tried again', async () => {
    const { asked, client } = answering(() => ({ error: 'AccessDeniedException', body: { __type: 'AccessDeniedException', message: 'not allowed' } }))
    await expect(kinesisShards({ lines: ARN }, client).list('lines')).rejects.toThrow(/not allowed/)
    expect(asked).toHaveLength(1)
  })

  it('are not waited for when nobody answers', async () => {
    const client = new KinesisClient({
      ...STUB_CONFIG,
      // Rejects when it is aborted, as the SDK's own does; nothing else ever comes.
      requestHandler: {
        handle: (_request: unknown, options?: { abortSignal?: AbortSignal }) =>
          new Promise((_resolve, reject) => options?.abortSignal?.addEventListener('abort', () => reject(new Error('aborted')))),
        updateHttpClientConfig: () => {},
        httpHandlerConfigs: () => ({}),
      } as never,
    })
    await expect(kinesisShards({ lines: ARN }, () => client).list('lines')).rejects.toThrow(/abort/i)
  })

  it('of a stream that the function does not know are an error', async () => {
    await expect(kinesisShards({ lines: ARN }).list('other')).rejects.toThrow(/no ARN of stream 'other'; the job's functions know lines/)
  })
})
