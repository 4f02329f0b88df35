import { effectiveTime, isTaken } from '../runtime/entries/allocate.ts'
import type { BatchEntry, ReceiverEntry } from '../runtime/entries/entry.ts'
import { INPUT_LOG, receiverLog } from '../runtime/entries/log-names.ts'
import { PATIENCE_MS } from '../runtime/settings.ts'
import type { EntryReader } from './entry-reader.ts'
import { inTurns } from './in-turns.ts'
import type { ShardStatus } from './job-status.ts'

/** Without a record for this long a shard is called idle. */
const IDLE_MS = 60_000

interface Partition {
  readonly stream: string
  readonly shard: string
  readonly from: number
  readonly floor: number
}

export interface Shards {
  readonly shards: readonly ShardStatus[]
  /** The oldest block time that no batch has taken; null: none waits. */
  readonly waitingMs: number | null
}

/** Returns how far each input partition is taken in, and what of it waits for a batch. */
export async function readShards(reader: EntryReader, batch: BatchEntry | null, nowMs: number): Promise<Shards> {
  const partitions: Partition[] = [...(batch?.rows ?? []), ...(await registered(reader, batch))]
  const ends = await inTurns(partitions, ({ stream, shard }) => reader.newest('receiver', receiverLog(stream, shard)))
  const shards = partitions.map(({ stream, shard, from }, i): ShardStatus => {
    const end = ends[i] ?? null
    return { stream, shard, ...stateOf(end?.entry, nowMs), entriesNotTaken: end === null ? 0 : Math.max(0, end.n - from + 1) }
  })
  // A partition's times rise, so its first entry with a block not taken has its oldest.
  const waiting = partitions.filter(({ from }, i) => from <= (ends[i]?.n ?? -1))
  const firsts = await reader.many(
    'receiver',
    waiting.map(({ stream, shard, from }) => ({ log: receiverLog(stream, shard), n: from })),
  )
  const times = waiting.flatMap((row, i) =>
    (firsts[i]?.times ?? []).filter((time) => !isTaken(batch, row, row.from, time)).map((time) => effectiveTime(row, time)),
  )
  return { shards, waitingMs: times.length === 0 ? null : Math.min(...times) }
}

/** Partitions that have delivered since the newest batch was allocated. */
async function registered(reader: EntryReader, batch: BatchEntry | null): Promise<readonly Partition[]> {
  const from = (batch?.inputs ?? -1) + 1
  const newest = await reader.newest('input', INPUT_LOG)
  const keys = Array.from({ length: Math.max(0, (newest?.n ?? -1) - from + 1) }, (_, i) => ({ log: INPUT_LOG, n: from + i }))
  const known = new Set(batch?.rows.map(({ stream, shard }) => `${stream}/${shard}`))
  return (await reader.many('input', keys)).flatMap((entry) => {
    if (entry === null || known.has(`${entry.stream}/${entry.shard}`)) return []
    known.add(`${entry.stream}/${entry.shard}`)
    return [{ stream: entry.stream, shard: entry.shard, from: 0, floor: 0 }]
  })
}

function stateOf(end: ReceiverEntry | undefined, nowMs: number): Pick<ShardStatus, 'lastRecordMs' | 'state' | 'behindMs'> {
  if (end === undefined) return { lastRecordMs: null, state: 'idle', behindMs: null }
  const lastRecordMs = end.maxTime
  // `behind` is a guess, and not repeated when nothing more comes: it is believed for as long as the engine believes it.
  if (end.behind && nowMs - end.at < PATIENCE_MS) return { lastRecordMs, state: 'behind', behindMs: nowMs - end.maxTime }
  if (nowMs - end.at >= IDLE_MS) return { lastRecordMs, state: 'idle', behindMs: null }
  return { lastRecordMs, state: 'current', behindMs: end.at - end.maxTime }
}
