import { isTaken, rowIn } from '../entries/allocate.ts'
import { decodeEntry } from '../entries/entry-codec.ts'
import type { BatchEntry, Entry } from '../entries/entry.ts'
import { BATCH_LOG, INPUT_LOG, receiverLog } from '../entries/log-names.ts'
import { isFinished, leavers } from '../entries/progress-names.ts'
import type { Log } from '../ports/log.ts'
import type { Ports } from '../runtime.ts'

/** What a job whose input has ended has still to do. */
export interface LeftOver {
  /** Each a sentence: what is left, and where. */
  readonly texts: readonly string[]
  /** How many batches there are, and the time of the newest; 0: there is none. */
  readonly batches: number
  readonly timeMs: number
}

type Read = Pick<Ports, 'log' | 'progress'>

/** Returns what receivers have committed and no batch has taken, and whether the newest batch is finished. Whoever ends before that has lost it. */
export async function leftOver({ log, progress }: Read): Promise<LeftOver> {
  const newest = await log.newest(BATCH_LOG)
  const batch = newest === null ? null : (decodeEntry(newest.bytes, `entry ${BATCH_LOG}#${newest.n}`) as BatchEntry)
  const texts: string[] = []
  const told = newest === null ? null : await progress.get(newest.n)
  if (newest !== null && leavers(told).length > 0)
    texts.push(`batch ${newest.n} (time ${batch?.time} ms) has left rows to the batch after it: the program has changed`)
  if (newest !== null && !isFinished(told)) texts.push(`batch ${newest.n} (time ${batch?.time} ms) is not finished`)
  for (const { stream, shard } of await partitions(log, batch)) {
    const entries = await untaken(log, batch, { stream, shard })
    if (entries > 0) texts.push(`no batch has taken ${entries === 1 ? 'the last entry' : `the last ${entries} entries`} of ${stream}/${shard}`)
  }
  return { texts, batches: (newest?.n ?? -1) + 1, timeMs: batch?.time ?? 0 }
}

interface Partition {
  readonly stream: string
  readonly shard: string
}

/** All partitions: those that the batch knows, and those that came after it. */
async function partitions(log: Log, batch: BatchEntry | null): Promise<readonly Partition[]> {
  const found: Partition[] = [...(batch?.rows ?? [])]
  for (let n = (batch?.inputs ?? -1) + 1; ; n++) {
    const [entry] = await read(log, INPUT_LOG, n, n)
    if (entry?.kind !== 'input') return found
    if (!found.some(({ stream, shard }) => stream === entry.stream && shard === entry.shard)) found.push(entry)
  }
}

/** How many entries of a partition hold something that no batch has taken. Those that no batch has seen are not read. */
async function untaken(log: Log, batch: BatchEntry | null, partition: Partition): Promise<number> {
  const name = receiverLog(partition.stream, partition.shard)
  const end = (await log.newest(name))?.n ?? -1
  const row = rowIn(batch, partition)
  if (row === undefined) return end + 1
  const seen = await read(log, name, row.from, row.to)
  const waiting = seen.filter((entry, i) => entry.kind === 'receiver' && entry.times.some((time) => !isTaken(batch, row, row.from + i, time)))
  return waiting.length + Math.max(0, end - row.to)
}

async function read(log: Log, name: string, from: number, to: number): Promise<readonly Entry[]> {
  const keys = Array.from({ length: Math.max(0, to + 1 - from) }, (_, i) => ({ log: name, n: from + i }))
  const items = keys.length === 0 ? [] : await log.getMany(keys, { consistent: true })
  return items.flatMap((bytes, i) => (bytes === null ? [] : [decodeEntry(bytes, `entry ${name}#${from + i}`)]))
}
