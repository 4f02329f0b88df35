import { hash } from 'node:crypto'

/** Returns where Kinesis puts a partition key: MD5 of its UTF-8 bytes as an integer of 128 bits. */
export function hashKeyOf(partitionKey: string): bigint {
  return BigInt(`0x${hash('md5', partitionKey)}`)
}

/** Returns the number of the shard that takes a partition key in a stream whose `shards` shards share the hash keys evenly, as new streams do. */
export function shardOf(partitionKey: string, shards: number): number {
  return Number((hashKeyOf(partitionKey) * BigInt(shards)) >> 128n)
}

/** Returns a shard's id as Kinesis writes it. */
export function shardId(n: number): string {
  return `shardId-${String(n).padStart(12, '0')}`
}
