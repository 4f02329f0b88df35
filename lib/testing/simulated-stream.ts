import type { Shards } from '../runtime/ports/shards.ts'
import { hashKeyOf } from '../sources/kinesis/shard-of.ts'

export interface SimulatedRecord {
  readonly data: Uint8Array
  readonly partitionKey: string
  readonly sequenceNumber: string
  /** Epoch ms; may be out of order within a shard. */
  readonly arrivalMs: number
}

export interface SimulatedShard {
  readonly id: string
  readonly from: bigint
  /** Included. */
  readonly to: bigint
  readonly parents: readonly SimulatedShard[]
  readonly records: SimulatedRecord[]
  open: boolean
  /** A closed shard is listed for as long as its records are kept. */
  listed: boolean
}

const ALL = 1n << 128n
/** A Kinesis sequence number of today has 56 digits. */
const FIRST_SEQUENCE_NUMBER = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_000_000n

/** A Kinesis data stream: records go to shards by the MD5 of their partition key; shards split and merge. */
export class SimulatedStream {
  readonly name: string
  readonly shards: SimulatedShard[] = []
  #sequence = FIRST_SEQUENCE_NUMBER

  constructor(name: string, shards: number) {
    this.name = name
    const size = ALL / BigInt(shards)
    for (let i = 0; i < shards; i++) this.#add(size * BigInt(i), i === shards - 1 ? ALL - 1n : size * BigInt(i + 1) - 1n, [])
  }

  /** Returns where the record went. `explicitHashKey`: decimal, instead of the partition key's MD5. */
  put(
    data: Uint8Array,
    { partitionKey, explicitHashKey, arrivalMs }: { readonly partitionKey: string; readonly explicitHashKey?: string; readonly arrivalMs: number },
  ): { readonly shard: SimulatedShard; readonly record: SimulatedRecord } {
    const hash = explicitHashKey === undefined ? hashKeyOf(partitionKey) : BigInt(explicitHashKey)
    const shard = this.shards.find((s) => s.open && s.from <= hash && hash <= s.to)
    if (shard === undefined) throw new Error(`no open shard of ${this.name} takes hash key ${hash}`)
    // Numbers rise within a shard and have gaps.
    this.#sequence += 2n + BigInt(Number(hash & 0xffffn))
    const record = { data, partitionKey, sequenceNumber: String(this.#sequence), arrivalMs }
    shard.records.push(record)
    return { shard, record }
  }

  split(shard: SimulatedShard): readonly SimulatedShard[] {
    const middle = (shard.from + shard.to) / 2n
    shard.open = false
    return [this.#add(shard.from, middle, [shard]), this.#add(middle + 1n, shard.to, [shard])]
  }

  /** Merges a shard with the open one right after it; undefined when there is none. */
  merge(shard: SimulatedShard): SimulatedShard | undefined {
    const next = this.shards.find((s) => s.open && s.from === shard.to + 1n)
    if (next === undefined) return undefined
    shard.open = false
    next.open = false
    return this.#add(shard.from, next.to, [shard, next])
  }

  #add(from: bigint, to: bigint, parents: readonly SimulatedShard[]): SimulatedShard {
    const shard: SimulatedShard = { id: `shardId-${String(this.shards.length).padStart(12, '0')}`, from, to, parents, records: [], open: true, listed: true }
    this.shards.push(shard)
    return shard
  }
}

/** Returns the lists of the streams' shards: what Kinesis's ListShards says. */
export function simulatedShards(streams: readonly SimulatedStream[]): Shards {
  return {
    list: (name) => {
      const stream = streams.find((one) => one.name === name)
      if (stream === undefined) return Promise.reject(new Error(`there is no stream ${name}`))
      const listed = stream.shards.filter((shard) => shard.listed)
      return Promise.resolve(listed.map(({ id, parents }) => ({ shard: id, parents: parents.map((parent) => parent.id) })))
    },
  }
}
