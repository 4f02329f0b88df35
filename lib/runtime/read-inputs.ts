import { MillraceError } from '../errors.ts'
import { isTaken, partitionName } from './allocate.ts'
import type { Position, ReceiverEntry } from './entry.ts'
import type { BatchHead, Invocation } from './invocation.ts'
import { INPUT_LOG, receiverLog } from './log-names.ts'
import { must, obey, readOn } from './read-log.ts'
import { MAX_INPUT_PARTITIONS } from './settings.ts'

/** An input partition as the next batch may see it. */
export interface OpenRow {
  readonly stream: string
  readonly shard: string
  from: number
  to: number
  floor: number
  last: Position | null
  /** Its entries that were read: those with blocks not taken yet, and all new ones; by number. */
  readonly entries: Map<number, ReceiverEntry>
}

export interface Inputs {
  readonly rows: readonly OpenRow[]
  /** The input log is read up to here. */
  readonly inputs: number
}

/** Reads on all receiver logs from where batch `head` left them. */
export async function readInputs(run: Invocation, head: BatchHead): Promise<Inputs> {
  const { entry } = head
  const rows: OpenRow[] = (entry?.rows ?? []).map((row) => ({ ...row, entries: new Map() }))
  const known = rows.length
  const from = (entry?.inputs ?? -1) + 1
  const [registered = []] = await readOn(run, 'input', [{ log: INPUT_LOG, from }], { consistent: true, ahead: 1 })
  const names = new Set(rows.map(partitionName))
  for (const { stream, shard } of registered.map((e) => obey(run, e))) {
    if (names.has(partitionName({ stream, shard }))) continue
    names.add(partitionName({ stream, shard }))
    rows.push({ stream, shard, from: 0, to: -1, floor: 0, last: null, entries: new Map() })
  }
  if (rows.length > MAX_INPUT_PARTITIONS)
    throw new MillraceError(
      'LIMIT_EXCEEDED',
      `job '${run.plan.name}' has ${rows.length} input partitions, open and closed; at most ${MAX_INPUT_PARTITIONS} fit into its batch log: start it under another name`,
    )
  if (rows.length > MAX_INPUT_PARTITIONS / 2)
    run.observe({ event: 'warning', message: `${rows.length} of at most ${MAX_INPUT_PARTITIONS} input partitions are used; closed shards count too` })

  const waiting = rows.flatMap((row) => Array.from({ length: row.to - row.from + 1 }, (_, i) => ({ row, n: row.from + i })))
  const old = await must(
    run,
    'receiver',
    waiting.map(({ row, n }) => ({ log: receiverLog(row.stream, row.shard), n })),
  )
  waiting.forEach(({ row, n }, i) => {
    const found = old[i]
    if (found !== undefined) row.entries.set(n, obey(run, found))
  })

  // With a new partition among them all are read strongly, the newest registered first, so that a parent's last entry is seen whenever its child's first is.
  const fresh = rows.length > known
  const groups = fresh ? rows.toReversed().map((row) => [row]) : [rows]
  for (const group of groups) {
    const found = await readOn(
      run,
      'receiver',
      group.map((row) => ({ log: receiverLog(row.stream, row.shard), from: row.to + 1 })),
      { consistent: fresh, ahead: run.memory.readAhead },
    )
    group.forEach((row, i) => {
      for (const e of found[i] ?? []) {
        row.entries.set(++row.to, obey(run, e))
        row.last = null
      }
    })
    if (!fresh) run.memory.readAhead = Math.min(8, Math.max(1, ...found.map((list) => list.length)))
  }
  raiseFloors(rows, known, run.plan.intervalMs)
  return { rows, inputs: from - 1 + registered.length }
}

/** A child's records wait for the blocks that its parents still have waiting, whatever the arrival times say. Who the parents are is not known: all rows before. */
function raiseFloors(rows: readonly OpenRow[], known: number, intervalMs: number): void {
  let floor = 0
  rows.forEach((row, i) => {
    if (i >= known) row.floor = floor
    floor = Math.max(floor, row.floor, ...Array.from(row.entries.values(), (e) => (Math.floor(e.maxTime / intervalMs) + 1) * intervalMs))
  })
}

/** A block time of an entry that no batch has taken yet. */
export interface WaitingBlock {
  readonly row: OpenRow
  readonly n: number
  readonly entry: ReceiverEntry
  readonly time: number
}

export function waitingBlocks(head: BatchHead, rows: readonly OpenRow[]): readonly WaitingBlock[] {
  return rows.flatMap((row) =>
    [...row.entries].flatMap(([n, entry]) => entry.times.filter((time) => !isTaken(head.entry, row, n, time)).map((time) => ({ row, n, entry, time }))),
  )
}
