import { KinesisClient, ListShardsCommand } from '@aws-sdk/client-kinesis'
import { MillraceError } from '../values/errors.ts'
import type { ListedShard, Shards } from '../runtime/ports/shards.ts'
import { CLIENT_OPTIONS } from './client-options.ts'

/** What ListShards gives in one answer at the most. */
const PAGE_SHARDS = 10_000
/** For all pages: a record waits for it, and in a VPC without an endpoint no answer ever comes. */
const LIMIT_MS = 2_000

/** Returns what ListShards says of a job's streams. `arns`: by the program's name of a stream. A client is made when the first question comes: most processes have none. */
export function kinesisShards(arns: Readonly<Record<string, string>>, makeClient: () => KinesisClient = openClient): Shards {
  let client: KinesisClient | undefined
  return {
    list: async (stream) => {
      const arn = arns[stream]
      if (arn === undefined) throw new MillraceError('USAGE', `there is no ARN of stream '${stream}'; the job's functions know ${Object.keys(arns).join(', ')}`)
      client ??= makeClient()
      return listAll(client, arn, AbortSignal.timeout(LIMIT_MS))
    },
  }
}

function openClient(): KinesisClient {
  return new KinesisClient({ ...CLIENT_OPTIONS, maxAttempts: 1 })
}

async function listAll(client: KinesisClient, arn: string, abortSignal: AbortSignal): Promise<readonly ListedShard[]> {
  const found: ListedShard[] = []
  let token: string | undefined
  do {
    const page = await client.send(new ListShardsCommand({ StreamARN: arn, ...(token === undefined ? { MaxResults: PAGE_SHARDS } : { NextToken: token }) }), {
      abortSignal,
    })
    for (const { ShardId, ParentShardId, AdjacentParentShardId } of page.Shards ?? [])
      found.push({ shard: ShardId ?? '', parents: [ParentShardId, AdjacentParentShardId].filter((parent) => parent !== undefined) })
    token = page.NextToken
  } while (token !== undefined)
  return found
}
