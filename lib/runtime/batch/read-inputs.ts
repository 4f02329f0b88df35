import { MillraceError } from '../../values/errors.ts'
import { dueTime, isTaken, partitionName, UNKNOWN_FLOOR } from '../entries/allocate.ts'
import { waitsFor, type After } from '../entries/ancestors.ts'
import { decodeEntry } from '../entries/entry-codec.ts'
import type { Position, ReceiverEntry, Row } from '../entries/entry.ts'
import type { BatchHead, Invocation } from '../invocation.ts'
import { INPUT_LOG, receiverLog } from '../entries/log-names.ts'
import { obey, readOn } from '../logs/read-log.ts'
import { sizeOf } from '../logs/spill.ts'
import { MAX_INPUT_PARTITIONS } from '../settings.ts'

/** An input partition as the next batch may see it. */
export interface OpenRow {
  readonly stream: string
  readonly shard: string
  readonly from: number
  /** Last entry that a batch has seen. */
  readonly seen: number
  /** Final from the registration on. */
  floor: number
  readonly last: Position | null
  readonly carry: unknown
  readonly source: string | undefined
  holds: number | undefined
  /** Whom it waits for before anything of it is seen; undefined: it has been seen. */
  readonly after: After | undefined
  /** It was not in the last batch: its floor follows from what is read now. */
  readonly isNew: boolean
  /** Entries from `from` on, by number: until one is missing, or until there are enough for the next batch. */
  readonly entries: Map<number, ReceiverEntry>
  /** The last entry that there is, as far as is known, and its number. */
  end: { readonly n: number; readonly entry: ReceiverEntry | undefined }
}

export interface Inputs {
  readonly rows: readonly OpenRow[]
  /** The input log is read up to here. */
  readonly inputs: number
  /** All logs were read strongly, and every `end` is the end. */
  readonly strict: boolean
}

/** Reads on all receiver logs from where batch `head` left them. `full`: for a renewal, which must know where each of them ends. */
export async function readInputs(run: Invocation, head: BatchHead, full: boolean): Promise<Inputs> {
  const { rows, inputs } = await readRows(run, head)
  const { intervalMs } = run.plan
  // Whom new ones wait for is read strongly and to its end: an ancestor had its last entry before its descendant was registered.
  const ancestors = new Set(rows.flatMap((row, i) => (row.isNew ? waitedFor(rows, i) : [])).map((i) => rows[i] as OpenRow))
  const needsFloor = (row: OpenRow): boolean => row.isNew && row.after?.length !== 0
  const [strong, weak] = [rows.filter((row) => full || row.isNew || ancestors.has(row)), rows.filter((row) => !full && !row.isNew && !ancestors.has(row))]
  await Promise.all([
    readLogs(
      run,
      head,
      strong.filter((row) => !needsFloor(row)),
      true,
    ),
    readLogs(run, head, weak, false),
  ])
  await findEnds(
    run,
    head,
    strong.filter((row) => full || ancestors.has(row)),
  )
  for (const [i, row] of rows.entries()) if (row.isNew) row.floor = Math.max(0, ...waitedFor(rows, i).map((j) => endTime(rows[j], intervalMs)))
  // How much is enough depends on the floor.
  await readLogs(run, head, rows.filter(needsFloor), true)
  if (full) await findEnds(run, head, rows.filter(needsFloor))
  for (const row of rows) if ((full || ancestors.has(row)) && row.end.n > (row.holds ?? -1)) row.holds = row.end.n
  return { rows, inputs, strict: full }
}

/** Returns the rows of the last batch, and those that were registered since. */
async function readRows(run: Invocation, { entry }: BatchHead): Promise<{ readonly rows: readonly OpenRow[]; readonly inputs: number }> {
  const rows: OpenRow[] = []
  const names = new Set<string>()
  const open = (row: Row, after: After | undefined, isNew: boolean): void => {
    const { stream, shard, from, to, floor, last, carry, source, holds } = row
    names.add(partitionName(row))
    rows.push({ stream, shard, from, seen: to, floor, last, carry, source, holds, after, isNew, entries: new Map(), end: { n: to, entry: undefined } })
  }
  for (const row of entry?.rows ?? []) {
    const isOld = row.floor === UNKNOWN_FLOOR
    open(isOld ? { ...row, floor: 0 } : row, isOld ? 'all' : row.after, isOld)
  }
  const from = (entry?.inputs ?? -1) + 1
  const [registered = []] = await readOn(run, 'input', [{ log: INPUT_LOG, from }], { consistent: true, ahead: 1 })
  for (const { stream, shard, ancestors, source } of registered.map((e) => obey(run, e))) {
    if (names.has(partitionName({ stream, shard }))) continue
    const after = waitsFor(ancestors, (other) => names.has(partitionName({ stream, shard: other })))
    open({ stream, shard, from: 0, to: -1, floor: 0, last: null, ...(source !== undefined && { source }) }, after, true)
  }
  checkNumber(run, rows.length)
  return { rows, inputs: from - 1 + registered.length }
}

/** Returns whom a row waits for, by index: rows before it. */
export function waitedFor(rows: readonly Pick<OpenRow, 'stream' | 'shard' | 'after' | 'isNew'>[], index: number): readonly number[] {
  const row = rows[index]
  if (row?.after === undefined || row.after.length === 0) return []
  const found: number[] = []
  for (let i = index - 1; i >= 0; i--) {
    const other = rows[i]
    if (other?.stream !== row.stream || (row.after !== 'all' && !row.after.includes(other.shard))) continue
    found.push(i)
    // Who waits for all before it speaks for them, as far as they had come when it was opened.
    if (row.after === 'all' && other.after === 'all' && (other.isNew || !row.isNew)) break
  }
  return found
}

/** The batch time before which nothing counts that must come after all of this row. */
function endTime(row: OpenRow | undefined, intervalMs: number): number {
  const last = row?.end.entry
  // The program that received it may have had another interval.
  return Math.max(row?.floor ?? 0, last === undefined ? 0 : (Math.floor(last.maxTime / intervalMs) + 1) * intervalMs, last?.times.at(-1) ?? 0)
}

async function readLogs(run: Invocation, head: BatchHead, group: readonly OpenRow[], consistent: boolean): Promise<void> {
  if (group.length === 0) return
  const found = await readOn(
    run,
    'receiver',
    group.map((row) => ({ log: receiverLog(row.stream, row.shard), from: row.from, known: Math.max(row.seen, row.holds ?? -1) })),
    { consistent, ahead: run.memory.readAhead, enough: (i, entries) => isEnough(run, head, group[i], entries) },
  )
  group.forEach((row, i) => {
    for (const [j, e] of (found[i] ?? []).entries()) {
      row.entries.set(row.from + j, obey(run, e))
      if (row.from + j >= row.end.n) row.end = { n: row.from + j, entry: e }
    }
  })
  if (!consistent) run.memory.readAhead = Math.min(8, Math.max(1, ...group.map((row) => row.end.n - row.seen)))
}

function checkNumber(run: Invocation, partitions: number): void {
  if (partitions > MAX_INPUT_PARTITIONS)
    throw new MillraceError(
      'LIMIT_EXCEEDED',
      `job '${run.plan.name}' has ${partitions} input partitions, open and closed; at most ${MAX_INPUT_PARTITIONS} fit into its batch log: start it under another name`,
    )
  if (partitions > MAX_INPUT_PARTITIONS / 2)
    run.observe({ event: 'warning', message: `${partitions} of at most ${MAX_INPUT_PARTITIONS} input partitions are used; closed shards count too` })
}

/** Whether the next batch needs no more of a log: the last entry is of a later batch than the first that waits, or is more than a batch takes of one log. */
function isEnough(run: Invocation, head: BatchHead, row: OpenRow | undefined, entries: readonly ReceiverEntry[]): boolean {
  const last = entries.at(-1)?.times[0]
  if (row === undefined || last === undefined) return row === undefined
  const due = (time: number): number => dueTime(head.entry, row, time, run.plan.intervalMs)
  const waits = (j: number) => (time: number) => !isTaken(head.entry, row, row.from + j, time)
  const first = entries.findIndex((e, j) => e.times.some(waits(j)))
  const firstTime = entries[first]?.times.find(waits(first))
  if (firstTime === undefined) return false
  return due(last) > due(firstTime) || isTooMuch(run, entries.slice(Math.max(first, row.seen + 1 - row.from)), (time) => due(time) === due(firstTime))
}

/** Whether several entries are more than the bounds let through: what comes behind them is not in the next batch, either. */
function isTooMuch(run: Invocation, entries: readonly ReceiverEntry[], isDue: (time: number) => boolean): boolean {
  if (entries.length < 2) return false
  const { maxRecords } = run.plan
  if (maxRecords < Infinity && entries.reduce((sum, e) => sum + e.records, 0) > maxRecords) return true
  const sizes = new Map<number, number>()
  for (const { blocks } of entries)
    for (const { time, partition, data } of blocks) if (isDue(time)) sizes.set(partition, (sizes.get(partition) ?? 0) + sizeOf(data))
  return Math.max(0, ...sizes.values()) > run.settings.maxBatchBytes
}

/** Where do logs end that were not read to their end? */
async function findEnds(run: Invocation, head: BatchHead, rows: readonly OpenRow[]): Promise<void> {
  await Promise.all(
    rows.map(async (row) => {
      // A new one that waits for others is read last, when it is known how far.
      if (row.entries.size > 0 && !isEnough(run, head, row, [...row.entries.values()])) return
      if (row.entries.size === 0 && !row.isNew) return
      const log = receiverLog(row.stream, row.shard)
      const newest = await run.ports.log.newest(log)
      if (newest === null || newest.n <= row.end.n) return
      const entry = decodeEntry(newest.bytes, `entry ${log}#${newest.n}`)
      if (entry.kind === 'receiver') row.end = { n: newest.n, entry: obey(run, entry) }
    }),
  )
}
