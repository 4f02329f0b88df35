import { dueTime, effectiveTime, isTaken, nextTime } from '../entries/allocate.ts'
import { beginTime } from './begin.ts'
import { bound, type Bounded } from './bound.ts'
import { checkKeeps } from '../logs/batch-head.ts'
import type { BatchEntry, ReceiverEntry, Row, Told } from '../entries/entry.ts'
import type { BatchHead, Invocation } from '../invocation.ts'
import { receiverLog } from '../entries/log-names.ts'
import { dueTimes, leavers } from '../entries/progress-names.ts'
import { homesAfter } from '../entries/state-homes.ts'
import { removedRows } from '../entries/told-outputs.ts'
import type { ProgressItem } from '../ports/progress.ts'
import { isReady } from './ready.ts'
import { readInputs, waitedFor, type Inputs, type OpenRow } from './read-inputs.ts'
import { standingSkips } from '../entries/skips.ts'
import { must } from '../logs/read-log.ts'

/** Of a time in a run's name, so that later ones are greater texts: enough until the year 33658. */
const TIME_DIGITS = 15

/** What the next batch would be. */
export interface Proposal {
  readonly time: number
  readonly ready: boolean
  readonly full: boolean
  readonly rows: readonly OpenRow[]
  /** The batch's table, but for `last`. */
  readonly table: readonly Row[]
  readonly inputs: number
  /** Times of blocks that it leaves to later batches. */
  readonly later: readonly number[]
  /** Records of the entries that it sees first, by stream. */
  readonly records: Readonly<Record<string, number>>
}

/** Returns what the next batch would be; null when nothing at all is due. `early`: inputs that were read since the batch before was allocated. */
export async function propose(run: Invocation, head: BatchHead, progress: ProgressItem | null, early?: Inputs | null): Promise<Proposal | null> {
  const now = run.now()
  const { intervalMs } = run.plan
  const { entry } = head
  const renewAt = (entry?.fullAt ?? now) + run.settings.retentionMs / 3
  const full = entry === null || now >= renewAt
  const found = early !== undefined && early !== null && (early.strict || !full) ? early : await readInputs(run, head, full)
  const next = nextTime(entry, intervalMs)
  const due: number[] = []
  if (entry !== null) {
    for (const at of dueTimes(progress)) due.push(Math.max(next, Math.ceil(at / intervalMs) * intervalMs))
    if (leavers(progress).length > 0) due.push(next)
    due.push(Math.max(next, (Math.floor(renewAt / intervalMs) + 1) * intervalMs))
  }
  const { rows } = found
  if (entry === null) {
    const begin = await beginTime(run, rows.length > 0)
    if (begin !== null) due.push(begin)
  }
  // Who is held is due later than what it waits for, so it may be asked, too.
  const blocks = waitingBlocks(head, rows, intervalMs)
  const times = [...due, ...blocks.map((block) => block.time)]
  if (times.length === 0) return null
  const time = times.reduce((a, b) => Math.min(a, b))
  const seen = boundRows(run, head, rows, time)
  const oldest = blocks.reduce<{ readonly at: number; readonly time: number } | null>(
    (first, block) => (first === null || block.time < first.time ? { at: block.entry.at, time: block.time } : first),
    null,
  )
  const ends = rows.flatMap((row) => row.end.entry ?? [])
  const oldAt = now - run.settings.retentionMs / 3
  return {
    time,
    ready: isReady({ time, now, batchingWindowMs: run.settings.batchingWindowMs, ends, oldest }),
    full,
    rows,
    table: rows.map((row, i) => tableRow(row, seen[i] as Bounded, { time, oldAt })),
    inputs: found.inputs,
    later: blocks.flatMap((block) => (block.time > time ? [block.time] : [])),
    records: recordsSeen(rows, seen),
  }
}

/** A block time of an entry that no batch has taken yet. */
interface WaitingBlock {
  readonly entry: ReceiverEntry
  /** Of the batch that it waits for. */
  readonly time: number
}

function waitingBlocks(head: BatchHead, rows: readonly OpenRow[], intervalMs: number): readonly WaitingBlock[] {
  return rows.flatMap((row) =>
    [...row.entries].flatMap(([n, entry]) =>
      entry.times.filter((time) => !isTaken(head.entry, row, n, time)).map((time) => ({ entry, time: dueTime(head.entry, row, time, intervalMs) })),
    ),
  )
}

function boundRows(run: Invocation, head: BatchHead, rows: readonly OpenRow[], time: number): readonly Bounded[] {
  return bound(
    rows.map((row, i) => ({
      seen: row.seen,
      entries: row.entries,
      after: waitedFor(rows, i),
      holds: row.holds ?? -1,
      isOpen: row.floor <= time,
      isDue: (_entry, n, blockTime) => effectiveTime(row, blockTime) <= time && !isTaken(head.entry, row, n, blockTime),
    })),
    { maxRecords: run.plan.maxRecords, maxBytes: run.settings.maxBatchBytes },
  )
}

/** Streams that have waiting blocks for exchanges which this program has not. */
function foreignStreams(run: Invocation, rows: readonly OpenRow[]): readonly string[] {
  const own = new Set(run.plan.exchanges.map(({ uid }) => uid))
  const isForeign = ({ entries }: OpenRow): boolean => [...entries.values()].some(({ blocks }) => blocks.some(({ exchange }) => !own.has(exchange)))
  return [...new Set(rows.filter(isForeign).map(({ stream }) => stream))].sort()
}

/** What a batch receives: the records of the entries that no batch before it has seen, by stream. */
function recordsSeen(rows: readonly OpenRow[], seen: readonly Bounded[]): Readonly<Record<string, number>> {
  const records: Record<string, number> = {}
  rows.forEach((row, i) => {
    for (let n = row.seen + 1; n <= (seen[i]?.to ?? -1); n++) records[row.stream] = (records[row.stream] ?? 0) + (row.entries.get(n)?.records ?? 0)
  })
  return records
}

const NO_END = { last: null, carry: undefined }

/** The row in the batch's table. */
function tableRow(row: OpenRow, { to, held }: Bounded, { time, oldAt }: { readonly time: number; readonly oldAt: number }): Row {
  const { stream, shard, floor } = row
  const source = row.source === undefined ? {} : { source: row.source }
  const holds = row.holds !== undefined && row.holds > to ? { holds: row.holds } : {}
  if (held) return { stream, shard, from: 0, to: -1, floor, last: null, ...holds, after: row.after ?? [], ...source }
  const end = row.entries.get(to)
  // After a long lag the last entry may expire before the next renewal.
  const { last, carry } = to === row.seen ? row : end !== undefined && end.at < oldAt ? end : NO_END
  return { stream, shard, from: firstWaiting(row, to, time), to, floor, last, ...(carry !== undefined && { carry }), ...holds, ...source }
}

/** The first entry with a block that this batch leaves to a later one, or the first that was not read. */
function firstWaiting(row: OpenRow, to: number, time: number): number {
  let n = row.from
  for (; n <= to; n++) {
    const entry = row.entries.get(n)
    if (entry === undefined || entry.times.some((blockTime) => effectiveTime(row, blockTime) > time)) break
  }
  return n
}

/** Returns the entry that makes a proposal the next batch. `closes`: what the others are not told yet of the batch before. */
export async function allocation(
  run: Invocation,
  head: BatchHead,
  progress: ProgressItem | null,
  { time, full, rows, table, inputs, records }: Proposal,
  closes?: Told,
): Promise<BatchEntry> {
  if (head.entry !== null) checkKeeps(run, head.entry)
  const lasts = full ? table.filter((row) => row.to >= 0 && row.last === null) : []
  const ends = await must(
    run,
    'receiver',
    lasts.map((row) => ({ log: receiverLog(row.stream, row.shard), n: row.to })),
  )
  const endOf = new Map(lasts.map((row, i) => [row, ends[i]]))
  const now = run.now()
  const timed = [...new Set([...(head.entry?.timed ?? []), ...run.plan.timed])]
  const id = run.newId()
  const carries = leavers(progress)
  const skips = standingSkips(head.entry?.skips, progress, time)
  const foreign = foreignStreams(run, rows)
  const tasks = run.plan.stages.map((stage) => [stage.uid, stage.partitions] as const)
  const homes = head.entry === null ? {} : homesAfter(head.entry, head.number, { keeps: run.plan.keeps, tasks })
  const removed = removedRows(head.entry?.removed, progress?.names ?? [])
  return {
    kind: 'batch',
    deploy: run.deploy,
    id,
    run: head.entry?.run ?? `${String(time).padStart(TIME_DIGITS, '0')}-${id}`,
    at: now,
    time,
    tasks,
    inputs,
    full,
    fullAt: full ? now : (head.entry?.fullAt ?? now),
    rows: table.map((row) => {
      const end = endOf.get(row)
      return end === undefined ? row : { ...row, last: end.last, ...(end.carry !== undefined && { carry: end.carry }) }
    }),
    keeps: { ...head.entry?.keeps, ...run.plan.keeps },
    ...(timed.length === 0 ? {} : { timed }),
    shape: run.plan.shape,
    ...(carries.length === 0 ? {} : { carries }),
    ...(Object.keys(skips).length === 0 ? {} : { skips }),
    ...(foreign.length === 0 ? {} : { foreign }),
    ...(Object.keys(removed).length === 0 ? {} : { removed }),
    ...(Object.keys(homes).length === 0 ? {} : { homes }),
    ...(closes === undefined ? {} : { closes }),
    ...(Object.keys(records).length === 0 ? {} : { records }),
  }
}
