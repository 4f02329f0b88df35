import { MillraceError } from '../../values/errors.ts'
import { dueTime, HELD, isTaken, partitionName } from '../entries/allocate.ts'
import { decodeEntry } from '../entries/entry-codec.ts'
import type { Position, ReceiverEntry } from '../entries/entry.ts'
import type { BatchHead, Invocation } from '../invocation.ts'
import { INPUT_LOG, receiverLog } from '../entries/log-names.ts'
import { obey, readOn } from '../logs/read-log.ts'
import { MAX_INPUT_PARTITIONS, MAX_NEW_ENTRIES } from '../settings.ts'

/** An input partition as the next batch may see it. */
export interface OpenRow {
  readonly stream: string
  readonly shard: string
  readonly from: number
  /** Last entry that a batch has seen. */
  readonly seen: number
  floor: number
  readonly last: Position | null
  readonly holds: number | undefined
  /** No batch may have seen any of its entries yet. */
  readonly isNew: boolean
  /** Entries from `from` on, by number: until one is missing, or until there are enough for the next batch. */
  readonly entries: Map<number, ReceiverEntry>
  /** The last entry that there is, as far as is known, and its number. */
  end: { readonly n: number; readonly entry: ReceiverEntry | undefined }
  /** Whether reading stopped at something that is due later than the first that waits. */
  restIsLater: boolean
}

export interface Inputs {
  readonly rows: readonly OpenRow[]
  /** The input log is read up to here. */
  readonly inputs: number
  /** Some rows were not in the last batch. */
  readonly news: boolean
  /** All logs were read strongly, and every `end` is the end. */
  readonly strict: boolean
}

/** Reads on all receiver logs from where batch `head` left them. `full`: for a renewal, which must know where each of them ends. */
export async function readInputs(run: Invocation, head: BatchHead, full: boolean): Promise<Inputs> {
  const { entry } = head
  const open = (row: { stream: string; shard: string; from: number; to: number; floor: number; last: Position | null; holds?: number }): OpenRow => ({
    stream: row.stream,
    shard: row.shard,
    from: row.from,
    seen: row.to,
    floor: row.floor,
    last: row.last,
    holds: row.holds,
    isNew: row.floor === HELD,
    entries: new Map(),
    end: { n: row.to, entry: undefined },
    restIsLater: false,
  })
  const rows: OpenRow[] = (entry?.rows ?? []).map(open)
  const known = rows.length
  const from = (entry?.inputs ?? -1) + 1
  const [registered = []] = await readOn(run, 'input', [{ log: INPUT_LOG, from }], { consistent: true, ahead: 1 })
  const names = new Set(rows.map(partitionName))
  for (const { stream, shard } of registered.map((e) => obey(run, e))) {
    if (names.has(partitionName({ stream, shard }))) continue
    names.add(partitionName({ stream, shard }))
    rows.push(open({ stream, shard, from: 0, to: -1, floor: HELD, last: null }))
  }
  checkNumber(run, rows.length)

  // Where a partition is seen for the first time all are read strongly, so that a parent's last entry is seen whenever its child's first is.
  const strict = full || rows.some((row) => row.isNew)
  const read = async (group: readonly OpenRow[]): Promise<void> => {
    const found = await readOn(
      run,
      'receiver',
      group.map((row) => ({ log: receiverLog(row.stream, row.shard), from: row.from, known: Math.max(row.seen, row.holds ?? -1) })),
      { consistent: strict, ahead: run.memory.readAhead, enough: (i, entries) => isEnough(run, head, group[i], entries, strict) },
    )
    group.forEach((row, i) => {
      for (const [j, e] of (found[i] ?? []).entries()) {
        row.entries.set(row.from + j, obey(run, e))
        row.end = { n: Math.max(row.seen, row.from + j), entry: e }
      }
      row.restIsLater = !row.isNew && beginsLater(run, head, row, found[i] ?? [])
    })
    if (!strict) run.memory.readAhead = Math.min(8, Math.max(1, ...group.map((row) => row.end.n - row.seen)))
  }
  await Promise.all([read(rows.filter((row) => !row.isNew)), read(rows.filter((row) => row.isNew))])
  if (strict) await findEnds(run, rows)
  return { rows, inputs: from - 1 + registered.length, news: rows.length > known, strict }
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

/** Whether the next batch needs no more of a log: block times of a log only rise, and what begins later than the first that waits is of a later batch. */
function isEnough(run: Invocation, head: BatchHead, row: OpenRow | undefined, entries: readonly ReceiverEntry[], strict: boolean): boolean {
  if (row === undefined) return true
  if (row.isNew) return entries.length >= MAX_NEW_ENTRIES
  if (!beginsLater(run, head, row, entries)) return false
  // To be seen to its end, a log must be known not to hold more than the bound.
  const { maxRecords } = run.plan
  return !strict || maxRecords === Infinity || entries.reduce((sum, e) => sum + e.records, 0) > 2 * maxRecords
}

function beginsLater(run: Invocation, head: BatchHead, row: OpenRow, entries: readonly ReceiverEntry[]): boolean {
  const last = entries.at(-1)?.times[0]
  if (last === undefined) return false
  const due = (time: number): number => dueTime(head.entry, row, time, run.plan.intervalMs)
  for (const [j, e] of entries.entries()) {
    const first = e.times.find((time) => !isTaken(head.entry, row, row.from + j, time))
    if (first !== undefined) return due(last) > due(first)
  }
  return false
}

/** Logs that were not read to their end: where is it? */
async function findEnds(run: Invocation, rows: readonly OpenRow[]): Promise<void> {
  await Promise.all(
    rows.map(async (row) => {
      if (!row.restIsLater && row.entries.size < MAX_NEW_ENTRIES) return
      const log = receiverLog(row.stream, row.shard)
      const newest = await run.ports.log.newest(log)
      if (newest === null || newest.n <= row.end.n) return
      const entry = decodeEntry(newest.bytes, `entry ${log}#${newest.n}`)
      if (entry.kind === 'receiver') row.end = { n: newest.n, entry: obey(run, entry) }
    }),
  )
  // A child's records wait for the blocks that its parents still have waiting, whatever the arrival times say. Who the parents are is not known: all rows before.
  let floor = 0
  for (const row of rows) {
    if (row.isNew) row.floor = floor
    const { entry } = row.end
    floor = Math.max(floor, row.floor, entry === undefined ? 0 : (Math.floor(entry.maxTime / run.plan.intervalMs) + 1) * run.plan.intervalMs)
  }
}
