import { isTaken } from '../runtime/entries/allocate.ts'
import type { BatchEntry } from '../runtime/entries/entry.ts'
import { BATCH_LOG, INPUT_LOG, receiverLog } from '../runtime/entries/log-names.ts'
import { isFinished } from '../runtime/entries/progress-names.ts'
import type { Ports } from '../runtime/runtime.ts'
import { PATIENCE_MS } from '../runtime/settings.ts'
import { EntryReader } from './entry-reader.ts'
import { inTurns } from './in-turns.ts'
import type { SourceStatus } from './job-status.ts'
import { isOn } from './source-status.ts'

/** How far one input partition has not got. */
export interface PartitionBehind {
  readonly stream: string
  readonly shard: string
  /** Age of the oldest arrival that is in a receiver entry and in no finished batch; 0: there is none. null: what waits before receive cannot be known. */
  readonly ms: number | null
  /** Receive's newest entry says that more is waiting. */
  readonly atLeast: boolean
  /** When receive wrote last; null: never, or its entries have expired. */
  readonly writtenMs: number | null
  readonly why: string | null
  /** Because the mapping of its stream is switched off. */
  readonly off: boolean
}

interface Partition {
  readonly stream: string
  readonly shard: string
  readonly from: number
  readonly floor: number
}

/** Returns how far each input partition is behind. A stream that calls nothing, or whose calls fail, is behind by nobody knows how much: never 0. */
export async function readBehind(
  ports: Pick<Ports, 'log' | 'progress'>,
  { sources, intervalMs, nowMs }: { readonly sources: readonly SourceStatus[]; readonly intervalMs: number; readonly nowMs: number },
): Promise<readonly PartitionBehind[]> {
  const reader = new EntryReader(ports.log)
  const finished = await newestFinished(reader, ports.progress)
  const registered = await reader.newest('input', INPUT_LOG)
  const inputs = await reader.many(
    'input',
    Array.from({ length: (registered?.n ?? -1) - (finished?.inputs ?? -1) }, (_, i) => ({ log: INPUT_LOG, n: (finished?.inputs ?? -1) + 1 + i })),
  )
  const known = new Set(finished?.rows.map(({ stream, shard }) => `${stream}/${shard}`))
  const partitions: Partition[] = [
    ...(finished?.rows ?? []),
    ...inputs.flatMap((entry) => (entry === null || known.has(`${entry.stream}/${entry.shard}`) ? [] : [{ ...entry, from: 0, floor: 0 }])),
  ]
  const found = await inTurns(partitions, async (partition): Promise<PartitionBehind> => {
    const { stream, shard, from } = partition
    const log = receiverLog(stream, shard)
    const newest = await reader.newest('receiver', log)
    const source = sources.find(({ kind, name }) => kind === 'stream' && name === stream)
    const why = whyUnknown(source)
    const base = { stream, shard, writtenMs: newest?.entry.at ?? null, why, off: source !== undefined && !isOn(source) }
    if (newest === null) return { ...base, ms: why === null ? 0 : null, atLeast: false }
    const atLeast = newest.entry.behind && nowMs - newest.entry.at < PATIENCE_MS
    const first = from > newest.n ? null : from === newest.n ? newest.entry : await reader.get('receiver', { log, n: from })
    const time = first?.times.find((blockTime) => !isTaken(finished, partition, from, blockTime))
    // An older release did not say when the first of them arrived: a block's time is the end of the interval in which its records did.
    const arrived = Math.max(first?.firstTime ?? 0, (time ?? 0) - intervalMs)
    const ms = time === undefined ? 0 : Math.max(0, nowMs - arrived)
    return { ...base, ms: why === null ? ms : null, atLeast }
  })
  // A stream that has never delivered has no partition yet.
  const silent = sources.filter(({ kind, name }) => kind === 'stream' && !found.some(({ stream }) => stream === name))
  return [
    ...found,
    ...silent.map((source) => {
      const why = whyUnknown(source)
      return { stream: source.name, shard: '', ms: why === null ? 0 : null, atLeast: false, writtenMs: null, why, off: !isOn(source) }
    }),
  ]
}

async function newestFinished(reader: EntryReader, progress: Pick<Ports['progress'], 'get'>): Promise<BatchEntry | null> {
  const head = await reader.newest('batch', BATCH_LOG)
  if (head === null || isFinished(await progress.get(head.n))) return head?.entry ?? null
  return head.n === 0 ? null : reader.get('batch', { log: BATCH_LOG, n: head.n - 1 })
}

function whyUnknown(source: SourceStatus | undefined): string | null {
  if (source === undefined) return null
  if (!isOn(source)) return `its mapping is ${source.state}: what waits in the stream is not known`
  return source.lastResult.startsWith('PROBLEM') ? `Lambda says ${source.lastResult}: what waits in the stream is not known` : null
}
