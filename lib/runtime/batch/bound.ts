import type { ReceiverEntry } from '../entries/entry.ts'
import { sizeOf } from '../logs/spill.ts'

/** What a batch may see of one receiver log. */
export interface BoundLog {
  /** Last entry that an earlier batch has seen. */
  readonly seen: number
  /** Last entry that there is, as far as is known. */
  readonly end: number
  /** Entries that were read, by number, ascending. */
  readonly entries: ReadonlyMap<number, ReceiverEntry>
  /** Whether what was not read is due later. */
  readonly restIsLater: boolean
  /** Whether a block of this time would be in the batch. */
  isDue(entry: ReceiverEntry, n: number, blockTime: number): boolean
}

export interface Bounds {
  /** Records per log, by whole entries. */
  readonly maxRecords: number
  /** Of the blocks of a batch for any one partition, all logs together: each task holds its part in memory. */
  readonly maxBytes: number
  /** See all there is, unless that would be too much; else no more than what is due. */
  readonly toEnd: boolean
}

export interface Bounded {
  /** Last entry that the batch sees. */
  readonly to: number
  /** There is more that the bounds do not let through. */
  readonly cut: boolean
}

/** What a row costs at least: its object, however few its bytes are. */
const ROW_BYTES = 64

/**
 * Returns how far a batch sees into each log. What was seen before stays seen; of what is new whole entries are taken as far as the bounds go, at least one
 * of each log where something is due, so a batch always makes progress. A function of what was read alone; the batch entry keeps its result.
 */
export function bound(logs: readonly BoundLog[], { maxRecords, maxBytes, toEnd }: Bounds): readonly Bounded[] {
  const states = logs.map((log) => measure(log, { maxRecords, toEnd }))
  let sizes = new Map<number, number>()
  for (const { seenBytes } of states) add(sizes, seenBytes)
  const rounds = Math.max(0, ...states.map(({ due }) => due.length))
  let round = 0
  for (; round < rounds; round++) {
    const more = new Map(sizes)
    for (const { due } of states) add(more, due[round]?.bytes ?? NOTHING)
    if (round > 0 && Math.max(0, ...more.values()) > maxBytes) break
    sizes = more
  }
  return states.map(({ due, to, cut }) => {
    const first = due[round]
    return first === undefined ? { to, cut } : { to: first.n - 1, cut: true }
  })
}

/** Bytes by partition. */
type Sizes = ReadonlyMap<number, number>

const NOTHING: Sizes = new Map()

function add(sizes: Map<number, number>, more: Sizes): void {
  for (const [partition, bytes] of more) sizes.set(partition, (sizes.get(partition) ?? 0) + bytes)
}

interface Measured extends Bounded {
  readonly seenBytes: Sizes
  /** New entries with something due, within the bound in records. */
  readonly due: readonly { readonly n: number; readonly bytes: Sizes }[]
}

function measure(log: BoundLog, { maxRecords, toEnd }: Pick<Bounds, 'maxRecords' | 'toEnd'>): Measured {
  const due: { n: number; bytes: Sizes }[] = []
  const seenBytes = new Map<number, number>()
  let records = 0
  let waiting = 0
  let to = log.seen
  let last = log.seen
  for (const [n, entry] of log.entries) {
    last = Math.max(last, n)
    const isDue = entry.times.some((time) => log.isDue(entry, n, time))
    const bytes = isDue ? dueBytes(log, entry, n) : NOTHING
    if (n <= log.seen) {
      add(seenBytes, bytes)
      if (isDue) records += entry.records
      else waiting += entry.records
      continue
    }
    if (isDue && records > 0 && records + entry.records > maxRecords) return { to: n - 1, cut: true, seenBytes, due }
    if (isDue) records += entry.records
    else waiting += entry.records
    if (isDue) due.push({ n, bytes })
    if (isDue) to = n
  }
  if (!toEnd) return { to, cut: false, seenBytes, due }
  // What is seen now and due later can be bounded no more.
  const tooMuch = waiting > maxRecords || (last < log.end && (maxRecords < Infinity || !log.restIsLater))
  return { to: tooMuch ? to : log.end, cut: tooMuch, seenBytes, due }
}

function dueBytes(log: BoundLog, entry: ReceiverEntry, n: number): Sizes {
  const sizes = new Map<number, number>()
  for (const { time, partition, rows, data } of entry.blocks)
    if (log.isDue(entry, n, time)) sizes.set(partition, (sizes.get(partition) ?? 0) + Math.max(sizeOf(data), rows * ROW_BYTES))
  return sizes
}
